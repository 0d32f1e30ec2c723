using System.Security.Authentication;

namespace Adit.Link;

/// <summary>
/// A hub's certificate is not to be trusted. Thrown out of the handshake (inside an <see cref="HttpRequestException"/> or
/// <see cref="System.Net.WebSockets.WebSocketException"/> where one of those makes the connection). The message is one line for the user:
/// what is wrong, with which hub, what to do. Trying again does not help.
/// </summary>
public sealed class TlsTrustException(string message) : AuthenticationException(message);
