//! Step 6: the grants as an auditor sees them, and one receipt followed from its grant to its L1 block.

use nectar_capability::{GrantSummary, Token};
use nectar_node::prepare;

use super::admit::World;
use super::settle::Settled;
use super::share::Shared;
use super::story::Story;
use crate::error::CliError;
use crate::service::unsigned;
use crate::table::Table;

pub(super) async fn run(
    story: &mut Story,
    world: &World,
    shared: &Shared,
    settled: &Settled,
) -> Result<(), CliError> {
    story.begin("audit", "An auditor lists the grants with their uses, and follows one receipt");
    grants(story, world).await?;
    receipt(story, world, shared, settled).await?;
    story.end();
    Ok(())
}

async fn grants(story: &mut Story, world: &World) -> Result<(), CliError> {
    let to = world.service.destination();
    let order = prepare::read_audit(&world.people.auditor, to, None).map_err(unsigned)?;
    let listed = world.service.client.grants(&order).await.map_err(CliError::node("listing grants"))?.grants;
    let mut table = Table::new(["grant", "status", "methods", "purpose", "until", "uses"]);
    for view in &listed {
        let token = Token::decode(&view.token.0);
        let token = token.map_err(|e| CliError::DoesNotHold(format!("a listed grant: {e}")))?;
        let says = GrantSummary::from(token.leaf());
        let indent = "  ".repeat(token.len() - 1);
        table.row([
            format!("{indent}{}", says.hash.get(..12).unwrap_or_default()),
            view.status.clone(),
            says.methods.join(","),
            says.purposes.join(","),
            says.expires,
            view.use_count.to_string(),
        ]);
    }
    table.to_string().lines().for_each(|line| story.line(line));
    let uses: u64 = listed.iter().map(|view| view.use_count).sum();
    let revoked = listed.iter().filter(|view| view.status == "revoked").count();
    let text = format!("{} grants, {uses} uses, {revoked} revoked", listed.len());
    story.must(revoked > 0 && uses > 0, &text);

    let order = prepare::read_audit(&world.people.auditor, to, None).map_err(unsigned)?;
    let log = world.service.client.audit(&order).await.map_err(CliError::node("reading the audit log"))?;
    let refused = log.entries.iter().filter(|entry| entry.event == "refused").count();
    story.must(
        refused > 0,
        &format!("{} audit entries, {refused} of them refusals with their reasons", log.entries.len()),
    );
    Ok(())
}

async fn receipt(
    story: &mut Story,
    world: &World,
    shared: &Shared,
    settled: &Settled,
) -> Result<(), CliError> {
    let mut evidence = shared.evidence.clone();
    let view = world.service.client.receipt(evidence.position()?).await;
    let view = view.map_err(CliError::node("asking for a receipt"))?;
    evidence.locate(view, &world.chain.rollup).await?;
    let owner = world.people.hospital.public();
    let checked = evidence.check(Some(owner), Some(&world.chain.rollup)).await;
    for check in &checked.checks {
        story.must(check.holds, &format!("{}: {}", check.what, check.found));
    }
    let root = evidence.place.map(|place| place.batch.header.post_root);
    let known = root.is_some_and(|root| settled.roots.contains(&root));
    story.must(known, "the block's root is the one that was settled");
    Ok(())
}
