/**
 * Ends this process when the one that started it is gone.
 *
 * npm runs a script through a shell. A signal sent to npm alone, and not to the whole terminal,
 * ends npm and that shell, and nobody tells us.
 */
export function endWithParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, 200);
  timer.unref();
}
