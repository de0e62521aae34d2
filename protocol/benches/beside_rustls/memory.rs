//! Heap bytes that an idle server connection holds.

use std::alloc::System;

use stats_alloc::{Region, StatsAlloc};

use super::{Implementation, handshake};

/// Bytes held by one server end after the handshake and one exchange of data, its buffers empty; averaged over 100.
pub(crate) fn idle_server(heap: &'static StatsAlloc<System>, implementation: &dyn Implementation) -> usize {
    const COUNT: usize = 100;
    let warm = handshake(implementation, false);
    let mut servers = Vec::with_capacity(COUNT);
    let region = Region::new(heap);
    for _ in 0..COUNT {
        let (_, mut client, mut server) = handshake(implementation, false);
        let mut wire = Vec::new();
        client.send(b"once");
        client.transmit(&mut wire);
        server.receive(&wire);
        assert_eq!(server.take(), 4);
        server.rest();
        servers.push(server);
    }
    let change = region.change();
    drop(warm);
    (change.bytes_allocated - change.bytes_deallocated) / COUNT
}
