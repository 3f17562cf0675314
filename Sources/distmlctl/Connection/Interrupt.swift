import Glibc

/// Holds back Ctrl-C, so that a wait can end in good order instead of with the program.
struct Interrupt: ~Copyable {
    private let before: sigset_t

    init() {
        var wanted = sigset_t()
        sigemptyset(&wanted)
        sigaddset(&wanted, SIGINT)
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, &wanted, &before)
        self.before = before
    }

    deinit {
        // One that came after the wait was over has nothing left to interrupt.
        _ = take()
        var before = before
        pthread_sigmask(SIG_SETMASK, &before, nil)
    }

    /// Whether Ctrl-C has been pressed since the last call; does not wait.
    func take() -> Bool {
        var wanted = sigset_t()
        sigemptyset(&wanted)
        sigaddset(&wanted, SIGINT)
        var noTime = timespec()
        return sigtimedwait(&wanted, nil, &noTime) == SIGINT
    }
}
