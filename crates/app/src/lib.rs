//! Keeps the issues of Gitea, Forgejo and a local mirror in step, both ways.
