//! `trust`: how browsers and systems come to trust this server's P-256 root, told for each; put into a store, or taken out, where asked.

mod debian;
mod error;
mod fetch;
mod nss;
mod root;
mod tool;
mod ways;

use std::path::{Path, PathBuf};

use super::Screen;
use crate::connect::Secure;
use crate::dial::Dial;
use crate::error::Error;
use crate::home::{Home, HomeError};

pub use error::TrustError;
pub use root::Root;
pub use tool::Machine;

/// What is done with the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// It is described, and how to trust it.
    Tell,
    /// It is put into this store.
    Install(Store),
    /// It is taken out of this store.
    Remove(Store),
}

/// What can be trusted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// The databases of NSS: Chromium's, and those of the Firefox profiles of this user.
    Nss,
    /// The system's store of Debian and its descendants.
    Debian,
}

/// Takes the root from `file`, else from the server that this device has joined, and does what is wished.
///
/// # Errors
/// [`Error::Trust`] where there is no root, or a store refuses; [`Error`] where the server cannot be reached.
pub async fn trust<D: Dial>(
    home: Result<Home, HomeError>,
    secure: &Secure<D>,
    machine: &Machine,
    screen: &mut Screen<'_>,
    file: Option<&Path>,
    wish: Wish,
) -> Result<(), Error>
where
    D::Stream: 'static,
{
    let (root, path) = match file {
        Some(path) => (Root::read(path)?, path.to_path_buf()),
        None => from_server(&home?, secure, wish).await?,
    };
    let said = match wish {
        Wish::Tell => ways::tell(&root, &path),
        Wish::Install(Store::Nss) => nss::install(machine, &root)?,
        Wish::Remove(Store::Nss) => nss::remove(machine, &root)?,
        Wish::Install(Store::Debian) => debian::install(machine, &root, &path)?,
        Wish::Remove(Store::Debian) => debian::remove(machine, &root, &path)?,
    };
    screen.print(&said)?;
    screen.flush()
}

/// The server's root as it is today, kept at home. What was installed can be removed without the server.
async fn from_server<D: Dial>(home: &Home, secure: &Secure<D>, wish: Wish) -> Result<(Root, PathBuf), Error>
where
    D::Stream: 'static,
{
    let endpoint = home.account()?.endpoint;
    let path = home.root_file();
    if matches!(wish, Wish::Remove(_)) && path.exists() {
        return Ok((Root::read(&path)?, path));
    }
    let pem = fetch::fetch(secure, &endpoint).await?;
    let root = Root::parse(&pem, &format!("what {endpoint} sent"))?;
    home.keep_root(&root.pem())?;
    Ok((root, path))
}
