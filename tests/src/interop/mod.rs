//! Our TLS beside stacks that others wrote: one table of cases, run against processes, compared with a committed matrix.

pub mod alerts;
mod arguments;
pub mod case;
pub mod chromium;
pub mod foreign;
mod http;
pub mod looks;
pub mod marionette;
pub mod material;
pub mod matrix;
mod nss;
mod ours;
pub mod process;
mod proxies;
mod run;
mod rustls_peer;
mod stock;
pub mod tables;
pub mod tap;
pub mod tool;

pub use ours::PAYLOAD;
pub(crate) use stock::free_port;
