//! Heap bytes that an idle server connection holds, and allocations for a record.

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

/// Allocations and reallocations by both ends for 1000 records, each sent and received, once the buffers are made.
pub(crate) fn allocations(
    heap: &'static StatsAlloc<System>,
    implementation: &dyn Implementation,
    size: usize,
) -> usize {
    let (_, mut client, mut server) = handshake(implementation, false);
    let data = vec![7; size];
    let mut wire = Vec::with_capacity(2 * size + 1024);
    let mut carry = || {
        wire.clear();
        client.send(&data);
        client.transmit(&mut wire);
        server.receive(&wire);
        assert_eq!(server.take(), size);
    };
    carry();
    let region = Region::new(heap);
    (0..1000).for_each(|_| carry());
    let change = region.change();
    change.allocations + change.reallocations
}
