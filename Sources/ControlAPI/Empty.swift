public import JSONRPC

/// No parameters, or no reply: the empty object.
public typealias Empty = Nothing
