//! One node as a process: everything is opened, started, and ended in order.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use system::{Halt, HaltReason};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::sleep;

use crate::args::ServeArgs;
use crate::disk::DataDir;
use crate::driver;
use crate::http;
use crate::metrics::Metrics;
use crate::peers::tls::Tls;
use crate::peers::{accept, links};
use crate::settings::Settings;
use crate::shared::{Event, MAILBOX_EVENTS, Shared};

/// The node has ended itself because its disk, its files or its library failed it.
const ENDED: u8 = 1;
/// An argument, a file or an address is not usable.
const BAD_INPUT: u8 = 2;
/// A defect of this program.
const DEFECT: u8 = 101;

/// Serves until the node ends, or is asked to.
pub(crate) fn serve(args: &ServeArgs) -> ExitCode {
    match prepared(args) {
        Ok(code) => code,
        Err(reason) => {
            eprintln!("raftkv: {reason}");
            ExitCode::from(BAD_INPUT)
        }
    }
}

fn prepared(args: &ServeArgs) -> Result<ExitCode, String> {
    let settings = Settings::new(args)?;
    let log = crate::log::logger(settings.id, args.quiet);
    let tls = settings.tls.as_ref().map(Tls::read).transpose()?;
    let directory = DataDir::open(&settings.data_dir, settings.id, &settings.cluster_name)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    let result = runtime.block_on(async {
        let peers = bind(settings.listen_peers.clone(), "peers").await?;
        let client_address =
            (settings.client_address.ip().to_string(), settings.client_address.port());
        let clients = bind(client_address, "clients").await?;
        let (sender, mailbox) = sync_channel(MAILBOX_EVENTS);
        let shared = Arc::new(Shared::new(settings, Arc::new(Metrics::default()), log, sender));
        run(shared, tls, directory, mailbox, (peers, clients), args.stop_with_stdin).await
    });
    // What still runs in the background has nobody left to work for.
    runtime.shutdown_background();
    result
}

async fn bind((host, port): (String, u16), whom: &str) -> Result<TcpListener, String> {
    let listener = TcpListener::bind((host.as_str(), port)).await;
    listener.map_err(|error| format!("cannot listen for {whom} at {host}:{port}: {error}"))
}

async fn run(
    shared: Arc<Shared>,
    tls: Option<Tls>,
    directory: DataDir,
    mailbox: Receiver<Event>,
    (peers, clients): (TcpListener, TcpListener),
    stop_with_stdin: bool,
) -> Result<ExitCode, String> {
    let mut ended = start_node(&shared, directory, mailbox)?;
    tokio::spawn(accept::listen(Arc::clone(&shared), tls.clone(), peers));
    tokio::spawn(links::keep(Arc::clone(&shared), tls));
    let (stop, stopped) = watch::channel(false);
    let serving = tokio::spawn(http::serve(Arc::clone(&shared), clients, stopped));
    let settings = &shared.settings;
    slog::info!(shared.log, "serving clients at http://{}", settings.client_address);

    let end = tokio::select! {
        end = &mut ended => end,
        reason = asked_to_stop(stop_with_stdin) => {
            slog::info!(shared.log, "stopping: {reason}");
            while !shared.post(Event::Stop) && !ended.is_terminated() {
                sleep(Duration::from_millis(10)).await;
            }
            ended.await
        }
    };
    let _ = stop.send(true);
    let _ = serving.await;
    // The thread's panic has been printed.
    let Ok(end) = end else { return Ok(ExitCode::from(DEFECT)) };
    Ok(tell(&shared, &end?))
}

/// Starts the thread on which the node lives. What comes back is its end.
fn start_node(
    shared: &Arc<Shared>,
    directory: DataDir,
    mailbox: Receiver<Event>,
) -> Result<oneshot::Receiver<Result<Halt, String>>, String> {
    let (sender, receiver) = oneshot::channel();
    let shared = Arc::clone(shared);
    std::thread::Builder::new()
        .name("node".into())
        .spawn(move || drop(sender.send(driver::run(shared, directory, &mailbox))))
        .map_err(|error| format!("no thread for the node: {error}"))?;
    Ok(receiver)
}

/// Waits for a reason to stop.
async fn asked_to_stop(stop_with_stdin: bool) -> &'static str {
    let listen = |kind| signal(kind).expect("signals can be listened to");
    let (mut terminate, mut interrupt) =
        (listen(SignalKind::terminate()), listen(SignalKind::interrupt()));
    let input_end = Arc::new(Notify::new());
    if stop_with_stdin {
        let input_end = Arc::clone(&input_end);
        // It blocks, and is left behind when the process ends.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            input_end.notify_one();
        });
    }
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
        () = input_end.notified() => "the standard input has ended",
    }
}

fn tell(shared: &Shared, halt: &Halt) -> ExitCode {
    let Halt { reason, detail } = halt;
    match reason {
        HaltReason::Stopped => {
            slog::info!(shared.log, "stopped: {detail}");
            ExitCode::SUCCESS
        }
        HaltReason::Removed => {
            slog::info!(shared.log, "the cluster has removed this node: {detail}");
            ExitCode::SUCCESS
        }
        HaltReason::DiskFailed
        | HaltReason::Corrupt
        | HaltReason::Inconsistent
        | HaltReason::Library => {
            slog::crit!(shared.log, "the node has ended itself ({}): {detail}", reason.name());
            ExitCode::from(ENDED)
        }
    }
}
