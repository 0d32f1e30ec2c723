using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit status</c>: whether the hub can be reached, and what it does for this token.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var json = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command(
            "status",
            "Say whether the hub can be reached, how far away it is, and what goes through the tunnels that you may see.") { json };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var tunnels = await api.ListTunnelsAsync(cancellationToken);
        // The second answer comes over a connection that is there already: that is the way's own time.
        var started = Stopwatch.GetTimestamp();
        await api.PingAsync(cancellationToken);
        var status = new HubStatus
        {
            Hub = hub.Url.ToString(),
            RoundTripMs = Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 2),
            Version = ProductVersion.Text,
            Tunnels = tunnels.Count,
            TunnelsUp = tunnels.Count(static t => t.State == TunnelState.Up),
            Clients = tunnels.SelectMany(static t => t.Servers).Select(static s => s.Link).Where(static l => l is not null).Distinct().Count(),
            OpenStreams = tunnels.Sum(static t => t.Traffic.OpenStreams),
            Requests = tunnels.Sum(static t => t.Traffic.Requests),
            BytesIn = tunnels.Sum(static t => t.Traffic.BytesIn),
            BytesOut = tunnels.Sum(static t => t.Traffic.BytesOut),
        };
        Screen.Line(json ? JsonSerializer.Serialize(status, StatusJson.Default.HubStatus) : Describe(status));
        return ExitCode.Ok;
    }

    private static string Describe(HubStatus s) =>
        $"hub      {s.Hub} answers in {Words.Duration(s.RoundTripMs)}\n"
        + $"tunnels  {Words.Count(s.TunnelsUp)} up, {Words.Count(s.Tunnels - s.TunnelsUp)} down, served over {(s.Clients == 1 ? "1 link" : $"{Words.Count(s.Clients)} links")}\n"
        + $"traffic  {Words.Count(s.Requests)} requests, {Words.Bytes(s.BytesIn)} in, {Words.Bytes(s.BytesOut)} out, "
            + $"{Words.Count(s.OpenStreams)} streams open";
}

/// <summary>What <c>adit status --json</c> prints.</summary>
internal sealed record HubStatus
{
    public required string Hub { get; init; }

    public required double RoundTripMs { get; init; }

    /// <summary>Of this program.</summary>
    public required string Version { get; init; }

    public required int Tunnels { get; init; }

    public required int TunnelsUp { get; init; }

    public required int Clients { get; init; }

    public required long OpenStreams { get; init; }

    public required long Requests { get; init; }

    public required long BytesIn { get; init; }

    public required long BytesOut { get; init; }
}

[System.Text.Json.Serialization.JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[System.Text.Json.Serialization.JsonSerializable(typeof(HubStatus))]
internal sealed partial class StatusJson : System.Text.Json.Serialization.JsonSerializerContext;
