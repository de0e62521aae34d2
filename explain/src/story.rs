//! What happened, put together from what was seen at several points.

mod tracks;

pub use tracks::{Sighting, Track, follow};
