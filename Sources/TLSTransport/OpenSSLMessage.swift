import CTLS

/// OpenSSL's own words for the oldest error of this thread's queue, which is emptied.
func openSSLMessage() -> String {
    let code = ERR_get_error()
    ERR_clear_error()
    guard code != 0 else { return "no reason given" }
    if let reason = ERR_reason_error_string(code) { return String(cString: reason) }
    return "error \(ERR_GET_REASON(code))"
}
