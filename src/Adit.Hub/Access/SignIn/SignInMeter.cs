using System.Collections.Concurrent;
using Adit.Hub.Telemetry;

namespace Adit.Hub.Access.SignIn;

/// <summary>Counts sign-ins by source and outcome. Sources are those configured, so there are few.</summary>
/// <param name="sessions">How many sessions there are.</param>
internal sealed class SignInMeter(Func<int> sessions)
{
    private readonly ConcurrentDictionary<(string Source, string Outcome), long> _counts = new();

    /// <summary>Somebody came in.</summary>
    public void Admitted(string source) => Add(source, "ok");

    /// <summary>Somebody did not.</summary>
    public void Refused(string source, SignInRefusalCode code) => Add(source, code.ToString().ToLowerInvariant());

    /// <summary>Writes what was counted.</summary>
    public void Write(MetricsWriter writer)
    {
        writer.Gauge("adit_sessions", "Browsers that are signed in.").Value(sessions());
        var family = writer.Counter("adit_sign_ins_total", "Sign-ins by source and outcome.");
        foreach (var ((source, outcome), count) in _counts.OrderBy(static c => c.Key.Source, StringComparer.Ordinal).ThenBy(static c => c.Key.Outcome, StringComparer.Ordinal))
            family.Value(count, ("source", source), ("outcome", outcome));
    }

    private void Add(string source, string outcome) => _counts.AddOrUpdate((source, outcome), 1, static (_, count) => count + 1);
}
