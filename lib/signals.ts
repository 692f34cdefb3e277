/** The exit code of a command that the person has stopped, as shells have it for SIGINT. */
const interruptedCode = 130;

/** Ctrl-C once: stop in good order. Twice: stop at once. */
export function stopSignal(): AbortSignal {
    const controller = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.on(signal, () => {
            if (controller.signal.aborted) process.exit(interruptedCode);
            process.stderr.write("\nstopping in good order; again to stop at once\n");
            process.exitCode = interruptedCode;
            controller.abort();
        });
    }
    return controller.signal;
}
