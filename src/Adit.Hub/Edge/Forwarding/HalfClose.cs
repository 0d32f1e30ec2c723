using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>Connection middleware that gives visitors' connections the <see cref="IHalfCloseFeature"/>.</summary>
internal static class HalfClose
{
    /// <summary>Adds it to an endpoint. Anywhere in its pipeline.</summary>
    public static ListenOptions UseHalfClose(this ListenOptions endpoint)
    {
        endpoint.Use(next => async connection =>
        {
            var gate = new ClosedGate(connection.ConnectionClosed);
            connection.Features.Set<IHalfCloseFeature>(gate);
            connection.ConnectionClosed = gate.Token;
            await next(connection);
        });
        return endpoint;
    }

    // Stands between the transport's token and Kestrel, which aborts the request under way when the token fires. The transport fires it at
    // the visitor's FIN as well as at an abort; the pumps of an upgraded connection tell the two apart by what reading and writing say.
    private sealed class ClosedGate : IHalfCloseFeature
    {
        private readonly CancellationTokenSource _seen = new();
        private volatile bool _mayHalfClose;

        public ClosedGate(CancellationToken closed) => closed.UnsafeRegister(static g => ((ClosedGate)g!).Closed(), this);

        public CancellationToken Token => _seen.Token;

        public void AllowHalfClose() => _mayHalfClose = true;

        private void Closed()
        {
            if (!_mayHalfClose)
                _seen.Cancel();
        }
    }
}
