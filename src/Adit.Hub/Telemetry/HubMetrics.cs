using System.Reflection;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.SignIn;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Door;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Secrets;
using Adit.Hub.Tasks;
using Adit.Hub.Templates;
using Adit.Hub.Volumes;

namespace Adit.Hub.Telemetry;

/// <summary>Everything that /metrics says. Names are listed in docs/reference/metrics.md.</summary>
internal sealed class HubMetrics(
    LinkMetrics links, TunnelMeters tunnels, TunnelSamples samples, RouteTable routes, GuessThrottles guesses, DoorMeter door, SignInMeter signIns, AuditMeter audit,
    GateMeter gate, OpenDoors open, TemplateCensus templates, TaskMetrics tasks, SecretMeter secrets, VolumeMeter volumes, S3.S3Meter s3)
{
    private static readonly string Version = typeof(HubMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    public string Collect()
    {
        var writer = new MetricsWriter();
        writer.Gauge("adit_build_info", "Always 1; the version is in a label.").Value(1, ("version", Version));
        links.Write(writer);
        tunnels.Write(writer, [.. samples()]);
        writer.Gauge("adit_routes", "Host names that lead somewhere.").Value(routes.Count);
        writer.Counter("adit_auth_failures_total", "Credentials that were wrong, at the API and at tunnels.").Value(guesses.Total);
        signIns.Write(writer);
        writer.Counter("adit_audit_lost_total", "Entries that were not kept: too many refusals at once, or a disk that would not take them.").Value(audit.LostTotal);
        writer.Counter("adit_gate_decisions_total", "What gates of routes that are not open to everybody decided.")
            .Value(gate.Allowed, ("outcome", "allowed"))
            .Value(gate.Denied, ("outcome", "denied"))
            .Value(gate.SignIn, ("outcome", "sign_in"))
            .Value(gate.Forged, ("outcome", "cross_site"));
        writer.Counter("adit_gate_limited_total", "Requests to public routes that were refused because their address sent too many.").Value(gate.Limited);
        writer.Counter("adit_gate_embeds_total", "Frames in other sites' pages: visitors who came in, signatures that did not count, requests beyond what a grant allows.")
            .Value(gate.EmbedEntered, ("outcome", "entered"))
            .Value(gate.EmbedRefused, ("outcome", "refused"))
            .Value(gate.EmbedLimited, ("outcome", "limited"));
        writer.Counter("adit_gate_sign_ins_total", "Visitors of routes who came back from signing in at the hub.").Value(gate.Dances);
        writer.Counter("adit_gate_consents_total", "Visitors who were asked whether somebody else's application may learn who they are, and those who agreed.")
            .Value(gate.ConsentsAsked, ("step", "asked"))
            .Value(gate.ConsentsGiven, ("step", "given"));
        writer.Counter("adit_gate_revoked_total", "Open requests and connections that were closed because they would not be let in any more.").Value(open.ClosedTotal);
        writer.Gauge("adit_gate_open", "Requests and connections that have passed a gate and go on.").Value(open.Count);
        var counts = templates();
        writer.Gauge("adit_templates", "Templates: published here, shipped and in use, with a draft, and those published that this hub cannot use.")
            .Value(counts.Published, ("state", "published"))
            .Value(counts.Shipped, ("state", "shipped"))
            .Value(counts.Drafts, ("state", "draft"))
            .Value(counts.Unusable, ("state", "unusable"));
        tasks.Write(writer);
        secrets.Write(writer);
        volumes.Write(writer);
        s3.Write(writer);
        WriteDoor(writer);
        ProcessMetrics.Write(writer);
        return writer.ToString();
    }

    private void WriteDoor(MetricsWriter writer)
    {
        writer.Counter("adit_connections_total", "Connections accepted.").Value(door.AcceptedTotal);
        writer.Counter("adit_connections_taken_total", "Connections by what became of them at the door.")
            .Value(door.HttpTotal, ("as", "http"))
            .Value(door.LinkDataTotal, ("as", "link"))
            .Value(door.PassthroughTotal, ("as", "tls"))
            .Value(door.TimedOutTotal, ("as", "timed_out"))
            .Value(door.EvictedTotal, ("as", "evicted"))
            .Value(door.RefusedTotal, ("as", "refused"));
        writer.Counter("adit_accept_errors_total", "Accepts that failed: out of descriptors or memory.").Value(door.AcceptErrorsTotal);
    }
}
