using System.Collections.Concurrent;
using System.Net;
using Adit.Hub.Access.Audit;
using Adit.Hub.Edge.Forwarding;

namespace Adit.Hub.Access;

/// <summary>
/// Tells the audit log that a token is used: once a day for each address that it comes from. A stolen one shows by a new address; every
/// single request would bury it.
/// </summary>
internal sealed class TokenUses(AuditLog audit, TimeProvider time)
{
    private const int MostRemembered = 20_000;
    private static readonly TimeSpan Again = TimeSpan.FromHours(24);

    private readonly ConcurrentDictionary<(string Token, IPAddress? Client), DateTimeOffset> _seen = new();

    /// <summary>A caller came in by its token: at the API, at a door, or to sign in with it.</summary>
    public void Note(Caller caller, IPAddress? client)
    {
        var now = time.GetUtcNow();
        if (_seen.TryGetValue((caller.TokenId, client), out var last) && now - last < Again)
            return;
        if (_seen.Count >= MostRemembered)
            _seen.Clear(); // Rather told twice than memory that grows with every address.
        _seen[(caller.TokenId, client)] = now;
        var address = client is null ? null : ForwardedFields.Text(client);
        audit.RecordSoon(AuditEntry.By(caller, "token.use", "token:" + caller.TokenId, address) with { Detail = new Dictionary<string, string> { ["name"] = caller.TokenName } });
    }
}
