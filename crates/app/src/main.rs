//! The `issuesync` binary: the allocator and the door to [`issuesync::cli`].

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    issuesync::cli::main()
}
