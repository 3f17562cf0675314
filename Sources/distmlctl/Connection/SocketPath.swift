/// Where the daemon listens: as typed, else `$DISTML_SOCKET`, else where systemd puts it.
func socketPath(typed: String?) -> String {
    if let typed { return typed }
    if let named = environment("DISTML_SOCKET"), !named.isEmpty { return named }
    return "/run/distml/distml.sock"
}
