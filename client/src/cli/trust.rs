//! The command line of `trust`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use nihao_protocol::net::Environment;

use crate::command::Screen;
use crate::command::trust::{self, Machine, Store, Wish};
use crate::connect::Secure;
use crate::dial::Dial;
use crate::error::Error;
use crate::home::{Home, HomeError};

const AFTER_HELP: &str = "Without --ca the root is fetched from the server that this device has joined, over TLS that trusts the invite's key alone.\n\
    Its name constraints are critical: under it nobody can speak for another host than the server's.\n\
    nss: certutil (libnss3-tools) puts it into ~/.pki/nssdb, which is made if missing, and into each Firefox profile.\n\
    debian: /usr/local/share/ca-certificates and update-ca-certificates; needs root.";

/// Whose root, and what to do with it.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Trust {
    /// Put the root into this store; once more does no harm
    #[arg(long, value_name = "STORE", conflicts_with = "remove")]
    install: Option<StoreName>,
    /// Take the root out of this store again
    #[arg(long, value_name = "STORE")]
    remove: Option<StoreName>,
    /// The root is in FILE (PEM), such as the ca.pem in the server's data directory
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StoreName {
    /// Chromium's database and those of Firefox's profiles
    Nss,
    /// The system's store of Debian and Ubuntu
    Debian,
}

impl From<StoreName> for Store {
    fn from(name: StoreName) -> Self {
        match name {
            StoreName::Nss => Self::Nss,
            StoreName::Debian => Self::Debian,
        }
    }
}

impl Trust {
    /// Does it on this machine.
    pub(super) async fn run<D: Dial>(
        self,
        home: Result<Home, HomeError>,
        network: D,
        screen: &mut Screen<'_>,
    ) -> Result<(), Error>
    where
        D::Stream: 'static,
    {
        let wish = match (self.install, self.remove) {
            (Some(store), _) => Wish::Install(store.into()),
            (None, Some(store)) => Wish::Remove(store.into()),
            (None, None) => Wish::Tell,
        };
        let secure = Secure::new(network, Environment::system());
        trust::trust(home, &secure, &Machine::this(), screen, self.ca.as_deref(), wish).await
    }
}
