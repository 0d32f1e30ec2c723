using System.Net;
using Adit.Api;

namespace Adit.Hub.Checks;

/// <summary>Where the hub listens, and whether what goes there is encrypted.</summary>
internal sealed class ListenChecks(HubOptions options) : ICheckSource
{
    /// <inheritdoc />
    public Task<IReadOnlyList<Check>> LookAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Check>>([Look()]);

    private Check Look()
    {
        string[] open = [.. options.Listen.Where(static a => !IPAddress.IsLoopback(ListenAddress.Parse(a).Address))];
        if (options.AllowInsecure && open.Length > 0)
        {
            return Check.Warning(
                "listen", $"The hub listens in clear on {string.Join(", ", open)}: tokens, cookies and data cross the network unencrypted.",
                "Give it a certificate (listen-tls), or put it on loopback behind a proxy that does TLS.");
        }

        return Check.Ok("listen", options.ListenTls.Count > 0
            ? $"The hub listens with TLS on {string.Join(", ", options.ListenTls)}."
            : $"The hub listens on this machine only: {string.Join(", ", options.Listen)}.");
    }
}
