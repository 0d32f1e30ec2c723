using System.Globalization;
using Adit.Hub.Access.Audit;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Access.Doors;

/// <summary>Writes refusals at doors into the audit log. Who knocks again and again at the same door is one entry a minute with a count.</summary>
internal sealed class DoorAudit(AuditRepeats audit) : IDoorLog
{
    public void Denied(string route, DoorPass pass, string? address, int rule)
    {
        if (pass.Person is not { } person)
            return; // A stranger at a door is no news; wrong credentials are counted elsewhere.
        var via = pass.Key.TokenId;
        var entry = new AuditEntry("door")
        {
            Actor = person.Account,
            Via = via.Contains(':') ? via : "token:" + via,
            Target = "route:" + route,
            Outcome = AuditOutcome.Denied,
            Address = address,
            Detail = new Dictionary<string, string> { ["times"] = "1", ["rule"] = rule == 0 ? "none" : rule.ToString(CultureInfo.InvariantCulture) },
        };
        audit.Record(entry, route);
    }
}
