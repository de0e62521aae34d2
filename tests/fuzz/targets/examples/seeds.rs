//! Writes the seeds of every target into `DIR/<target>/`: what a corpus starts from.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let Some(dir) = std::env::args().nth(1) else {
        return Err(std::io::Error::other("usage: seeds DIR"));
    };
    for target in nihao_fuzz_targets::TARGETS {
        let dir = Path::new(&dir).join(target.name);
        std::fs::create_dir_all(&dir)?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            std::fs::write(dir.join(format!("seed-{number:02}")), seed)?;
        }
    }
    Ok(())
}
