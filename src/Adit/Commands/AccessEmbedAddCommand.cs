using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit access embed add</c>.</summary>
internal static class AccessEmbedAddCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var tunnel = new Argument<string>("TUNNEL") { Description = "The http tunnel." };
        var sites = new Option<string[]>("--site")
        {
            Description = "The sites whose pages may show it: https://blog.example, https://*.example.com. May be repeated.", HelpName = "ORIGIN",
            Required = true, Arity = ArgumentArity.OneOrMore,
        };
        var signed = new Option<bool>("--signed") { Description = "Each visitor needs a signature of your server; the key is printed once." };
        var expires = new Option<string?>("--expires") { Description = "How long it lasts: 12h, 90d. Default: until it is removed.", HelpName = "DURATION" };
        var visitors = new Option<int?>("--max-visitors") { Description = "Visitors at one time.", HelpName = "N" };
        var requests = new Option<int?>("--max-requests-per-day") { Description = "Requests each day (UTC).", HelpName = "N" };
        var note = new Option<string?>("--note") { Description = "What you want to remember.", HelpName = "TEXT" };
        var json = new Option<bool>("--json") { Description = "Print the grant as JSON." };
        var command = new Command("add", "Make a grant. Prints the address for the frame and, with --signed, the key below it; nobody can show them again.")
        {
            tunnel, sites, signed, expires, visitors, requests, note, json,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed),
            parsed.GetValue(tunnel)!,
            new CreateEmbedRequest
            {
                Ancestors = parsed.GetRequiredValue(sites),
                IsSigned = parsed.GetValue(signed),
                ExpiresInSeconds = parsed.GetValue(expires) is { } text ? (long)Duration.Parse(text).TotalSeconds : null,
                MaxVisitors = parsed.GetValue(visitors),
                MaxRequestsPerDay = parsed.GetValue(requests),
                Note = parsed.GetValue(note),
            },
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string tunnel, CreateEmbedRequest request, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var grant = await api.CreateEmbedAsync(tunnel, request, cancellationToken);
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(grant, AccessJson.Default.EmbedGrantView));
            return ExitCode.Ok;
        }

        Screen.Line(grant.Url!);
        if (grant.Key is { } key)
            Screen.Line(key);
        Screen.Note(
            $"Grant {grant.Id}: {RequestLine.Safe(string.Join(", ", grant.Ancestors))} may show {tunnel}{(grant.Expires is { } end ? $" until {end:u}" : "")}. "
                + (grant.IsSigned ? "Your server signs with the second line; keep it: it is not shown again." : "Keep the address: it is not shown again."));
        return ExitCode.Ok;
    }
}
