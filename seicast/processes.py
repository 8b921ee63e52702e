"""How a process that was started here is ended."""

import subprocess


def stop(process: "subprocess.Popen[bytes]", grace_s: float) -> None:
    """Tell a process to end, and kill it if it has not after so many seconds."""
    process.terminate()
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
