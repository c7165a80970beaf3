//! Nothing is made in a stranger's repository. A path may change hands between a look and the request that follows it; what is made
//! astray without a look at the right repository just before is a finding, with one it is told as unprovable.

use crate::index::Index;
use crate::report::Report;

/// How long before a request a look at the right repository counts: from the claim of a row on, a lease is how long it may be written.
const LOOK_MS: i64 = 120_000;

pub(crate) fn check(index: &Index<'_>, report: &mut Report) {
    let ours: Vec<u64> = index.repos().iter().map(|repo| repo.id).collect();
    let requests = &index.forge.history.requests;
    let own = |login: &str| index.is_own(login);
    let objects = index.forge.history.objects.iter().filter(|row| matches!(row.kind.as_str(), "issue" | "comment"));
    for row in objects.filter(|row| row.action == "create" && own(&row.user) && !ours.contains(&row.repo_id)) {
        let looks = requests.iter().filter(|one| one.method == "GET" && one.seq < row.seq && one.status == Some(200));
        let looks = looks.filter(|one| one.user.as_deref().is_some_and(own) && one.lost.is_none());
        let looks = looks.filter(|one| one.repo_id.is_some_and(|id| ours.contains(&id)));
        let looked = looks.map(|one| one.at_ms).max().is_some_and(|at_ms| row.at_ms - at_ms <= LOOK_MS);
        let what = format!("the mirror's {} was made in repository {}, which is not connected", row.kind, row.repo_id);
        if looked {
            report.unprovable += 1;
            report.details.push(format!("unprovable: {what}"));
        } else {
            report.strays += 1;
            report.details.push(what);
        }
    }
}
