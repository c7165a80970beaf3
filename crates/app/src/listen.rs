//! The listeners: the API with the webhooks, and the metrics apart from it.

use issuesync_server::AppState;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Serves the API and the webhooks until it is told to stop.
pub(crate) async fn api(listener: TcpListener, state: AppState, stopping: watch::Receiver<bool>) {
    let (router, limits) = (issuesync_server::router(state.clone()), state.limits().clone());
    if let Err(error) = issuesync_server::serve(listener, router, limits, stopped(stopping)).await {
        tracing::error!(%error, "the API stopped listening");
    }
}

/// Serves metrics until it is told to stop.
pub(crate) async fn admin(listener: TcpListener, state: AppState, stopping: watch::Receiver<bool>) {
    let (router, limits) = (issuesync_server::admin_router(state.clone()), state.limits().clone());
    if let Err(error) = issuesync_server::serve(listener, router, limits, stopped(stopping)).await {
        tracing::error!(%error, "the metrics stopped listening");
    }
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    // A sender that is gone means that the service is gone too.
    let _told_or_gone = stopping.wait_for(|stop| *stop).await;
}
