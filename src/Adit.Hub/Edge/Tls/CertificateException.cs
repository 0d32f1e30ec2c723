namespace Adit.Hub.Edge.Tls;

/// <summary>A certificate or key cannot be used. The message is one line for the operator: what, which file, what to do.</summary>
internal sealed class CertificateException(string message, Exception? inner = null) : Exception(message, inner);
