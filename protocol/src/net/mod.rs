//! The one layer that touches tokio: streams, the connector, the acceptor, and the system's clock.

pub mod system;
