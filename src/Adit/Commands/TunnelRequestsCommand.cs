using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Runner.Tunnels;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit tunnel requests</c>: the inspector.</summary>
internal static class TunnelRequestsCommand
{
    private const int ShownBody = 4096;

    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "The tunnel." };
        var id = new Argument<string?>("ID") { Description = "A request: shown in full, with headers and bodies.", Arity = ArgumentArity.ZeroOrOne };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with requests as they come." };
        var replay = new Option<string?>("--replay") { Description = "Send this request again and show what came of it.", HelpName = "ID" };
        var json = new Option<bool>("--json") { Description = "Print one JSON object per line." };
        var command = new Command(
            "requests", "Show the last requests of an http tunnel, one in full, or send one again.") { name, id, follow, replay, json };
        command.SetAction((parsed, cancellationToken) =>
        {
            var hub = access.Read(parsed);
            var tunnel = parsed.GetValue(name)!;
            var isJson = parsed.GetValue(json);
            return parsed.GetValue(replay) is { } again
                ? ShowOneAsync(hub, api => api.ReplayAsync(tunnel, again, cancellationToken), isJson)
                : parsed.GetValue(id) is { } one
                    ? ShowOneAsync(hub, api => api.GetRequestAsync(tunnel, one, cancellationToken), isJson)
                    : ListAsync(hub, tunnel, parsed.GetValue(follow), isJson, cancellationToken);
        });
        return command;
    }

    private static async Task<int> ListAsync(HubAccess hub, string tunnel, bool follow, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        if (!follow)
        {
            var held = await api.ListRequestsAsync(tunnel, cancellationToken);
            foreach (var request in held.Reverse())
                Show(request, json);
            if (held.Count == 0)
                Screen.Note($"The inspector holds no requests of {tunnel}.");
            return ExitCode.Ok;
        }

        // Subscribed before the list is asked for, so that none falls between.
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var coming = new RequestFeed(api).ReadAsync(tunnel, opened.SetResult, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (coming)
        {
            var next = coming.MoveNextAsync().AsTask();
            await Task.WhenAny(opened.Task, next);
            var seen = new HashSet<string>();
            foreach (var request in (await api.ListRequestsAsync(tunnel, cancellationToken)).Reverse())
            {
                seen.Add(request.Id);
                Show(request, json);
            }

            while (await next)
            {
                if (!seen.Remove(coming.Current.Id))
                    Show(coming.Current, json);
                next = coming.MoveNextAsync().AsTask();
            }
        }

        throw new CommandException(ExitCode.Unreachable, "The hub ended the stream of requests. Start the command again.");
    }

    private static void Show(RequestSummary request, bool json) =>
        Screen.Line(
            json ? JsonSerializer.Serialize(request, TunnelsJson.Default.RequestSummary) : $"{request.Id}  {RequestLine.Plain(request)}");

    private static async Task<int> ShowOneAsync(HubAccess hub, Func<HubApi, Task<InspectedRequest>> ask, bool json)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var request = await ask(api);
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(request, TunnelsJson.Default.InspectedRequest));
            return ExitCode.Ok;
        }

        var r = request.Summary;
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{r.Id}  {Words.Date(r.At)}  {r.Remote}  "
                + $"{Words.Duration(r.Milliseconds)}{(request.ReplayOf is { } of ? "  replay of " + of : "")}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{r.Method} {RequestLine.Safe(r.Target)}\n");
        Append(text, request.RequestHeaders, request.RequestBody, request.RequestBodyTruncated);
        text.Append(CultureInfo.InvariantCulture, $"\n{RequestLine.Status(r)}{(r.Error is { } e ? "  " + RequestLine.Safe(e) : "")}\n");
        Append(text, request.ResponseHeaders, request.ResponseBody, request.ResponseBodyTruncated);
        Screen.Line(text.ToString().TrimEnd('\n'));
        return ExitCode.Ok;
    }

    private static void Append(StringBuilder text, IReadOnlyList<HeaderField> headers, byte[]? body, bool truncated)
    {
        foreach (var header in headers)
            text.Append(CultureInfo.InvariantCulture, $"{RequestLine.Safe(header.Name)}: {RequestLine.Safe(header.Value)}\n");
        if (body is not { Length: > 0 })
            return;
        text.Append('\n');
        if (body.AsSpan().Contains((byte)0))
            text.Append(CultureInfo.InvariantCulture, $"({body.Length} bytes that are no text; --json has them)\n");
        else
            text.Append(string.Join('\n', Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, ShownBody))).Split('\n').Select(static l => RequestLine.Safe(l.TrimEnd('\r'))))).Append('\n');
        if (truncated || body.Length > ShownBody)
            text.Append("(and more)\n");
    }
}
