using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit access embed ls</c>.</summary>
internal static class AccessEmbedListCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var tunnel = new Argument<string>("TUNNEL") { Description = "The http tunnel." };
        var json = new Option<bool>("--json") { Description = "Print a JSON array of grants." };
        var command = new Command("ls", "List the grants of a tunnel, and how much of them is used.") { tunnel, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(tunnel)!, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string tunnel, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var grants = await api.ListEmbedsAsync(tunnel, cancellationToken);
        if (json)
        {
            Screen.Line($"[{string.Join(",", grants.Select(static g => JsonSerializer.Serialize(g, AccessJson.Default.EmbedGrantView)))}]");
            return ExitCode.Ok;
        }

        var table = new Table("ID", "SITES", "SIGNED", "VISITORS", "TODAY", "ENDS", "NOTE");
        foreach (var g in grants)
        {
            table.Add(
                g.Id, RequestLine.Safe(string.Join(' ', g.Ancestors)), g.IsSigned ? "yes" : "no", Of(g.Visitors, g.MaxVisitors),
                Of(g.RequestsToday, g.MaxRequestsPerDay), g.Expires is { } end ? Words.Date(end) : "never", RequestLine.Safe(g.Note ?? ""));
        }

        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }

    private static string Of(long used, int? most) => string.Create(CultureInfo.InvariantCulture, $"{used}{(most is { } m ? $"/{m}" : "")}");
}
