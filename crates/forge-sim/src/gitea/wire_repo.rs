//! A repository as the tracker writes it: some sixty keys, of which a mirror needs five.

use serde::{Serialize, Serializer};

use crate::config::{Access, Flavour};
use crate::gitea::object::object;
use crate::gitea::wire;
use crate::sim::Sim;
use crate::time::Second;
use crate::world::Repo;

/// The repository as somebody with this access sees it.
pub(crate) fn repository<'a>(sim: &'a Sim, repo: &'a Repo, access: Access) -> Repository<'a> {
    Repository { sim, repo, access }
}

/// See [`repository`].
pub(crate) struct Repository<'a> {
    sim: &'a Sim,
    repo: &'a Repo,
    access: Access,
}

impl Serialize for Repository<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { sim, repo, .. } = self;
        let (root, path, api) = (&sim.config.root_url, sim.world.path(repo), wire::api(sim, repo));
        let open = repo.issues.values().filter(|row| row.get().closed_at.is_none() && !row.get().pull).count();
        let gitea = sim.config.flavour == Flavour::Gitea;
        object!(serializer, {
            "allow_fast_forward_only_merge": true,
            "allow_merge_commits": true,
            "allow_rebase": true,
            "allow_rebase_explicit": true,
            "allow_rebase_update": true,
            "allow_squash_merge": true,
            "archived": repo.archived,
            "archived_at": "1970-01-01T00:00:00Z",
            "avatar_url": "",
            "clone_url": format_args!("{root}/{path}.git"),
            "created_at": Second(repo.created),
            "default_allow_maintainer_edit": false,
            "default_branch": "main",
            "default_delete_branch_after_merge": false,
            "default_merge_style": "merge",
            "description": "",
            "empty": true,
            "fork": false,
            "forks_count": 0,
            "full_name": path,
            "has_actions": true,
            "has_issues": repo.has_issues,
            "has_packages": true,
            "has_projects": true,
            "has_pull_requests": true,
            "has_releases": true,
            "has_wiki": true,
            "html_url": format_args!("{root}/{path}"),
            "id": repo.id,
            "ignore_whitespace_conflicts": false,
            "internal": false,
            "internal_tracker" [if repo.has_issues]: InternalTracker,
            "language": "",
            "languages_url": format_args!("{api}/languages"),
            "licenses" [if gitea]: (),
            "link": "",
            "mirror": false,
            "mirror_interval": "",
            "mirror_updated": "0001-01-01T00:00:00Z",
            "name": repo.name,
            "object_format_name": "sha1",
            "open_issues_count": open,
            "open_pr_counter": 0,
            "original_url": "",
            "owner": wire::user(sim, repo.owner),
            "parent": (),
            "permissions": Permissions(self.access),
            "private": repo.private,
            "projects_mode" [if gitea]: "all",
            "release_counter": 0,
            "repo_transfer": (),
            "size": 22,
            "ssh_url": format_args!("git@tracker.test:{path}.git"),
            "stars_count": 0,
            "template": false,
            "topics" [if gitea]: [(); 0],
            "updated_at": Second(repo.updated),
            "url": api,
            "watchers_count": 1,
            "website": "",
            "wiki_branch" [if !gitea]: "main",
        })
    }
}

/// What somebody may do there.
struct Permissions(Access);

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, {
            "admin": self.0 == Access::Admin,
            "pull": true,
            "push": self.0 >= Access::Write,
        })
    }
}

/// How the tracker's own issues are set up.
struct InternalTracker;

impl Serialize for InternalTracker {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, {
            "allow_only_contributors_to_track_time": true,
            "enable_issue_dependencies": true,
            "enable_time_tracker": true,
        })
    }
}
