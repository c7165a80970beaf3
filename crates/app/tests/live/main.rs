//! The product beside a real Gitea or Forgejo on loopback.
//!
//! `ISSUESYNC_LIVE_GITEA=/path/to/binary` names the server (`ISSUESYNC_LIVE_STATIC` its folder of templates, when they are not built in). Without it
//! the test says that it is skipped. What a server cannot do is expected by its capabilities, which were found by probing.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a test of real time that tells what it measured")]

mod arrival;
mod inbound;
mod mirror;
mod outbound;
mod trouble;
mod world;

use issuesync_testkit::live::{LiveServer, Save};
use world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_mirror_and_a_real_server_stay_equal() -> anyhow::Result<()> {
    if let Some(reason) = LiveServer::skip_reason() {
        println!("{reason}");
        return Ok(());
    }
    let mut world = World::start().await?;
    inbound::import(&world).await?;
    inbound::by_delivery(&world).await?;
    inbound::by_pass(&world).await?;
    outbound::edits(&world).await?;
    outbound::creates(&world).await?;
    outbound::both_sides(&world).await?;
    trouble::strangers_marker(&world).await?;
    trouble::deletes(&world).await?;
    trouble::outage(&mut world).await?;
    trouble::without_hook(&world).await?;
    trouble::rename_and_unit_off(&world).await?;
    trouble::path_taken_over(&world).await?;
    world.server.save_recording(Save::Missing)?;
    world.stop().await
}
