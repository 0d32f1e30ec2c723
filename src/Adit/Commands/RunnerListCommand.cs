using System.CommandLine;
using System.Globalization;
using Adit.Api;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit runner ls</c>.</summary>
internal static class RunnerListCommand
{
    public static Command Create(HubAccessOptions access) => new ListCommand<ApiRunner>
    {
        Description = "List the runners that you may use, and what is free there.",
        Plural = "runners",
        List = static (api, _, cancellationToken) => api.ListRunnersAsync(cancellationToken),
        Json = static () => RunnersJson.Default.ApiRunner,
        Columns = ["NAME", "STATE", "FOR", "TASKS", "CPU", "MEMORY", "GPU", "LABELS", "VERSION", "TOKEN"],
        Row = static r =>
        [
            r.Name,
            StateOf(r) + (r.Facts?.Warnings.Count is > 0 || r is { IsPrivate: false, Facts.IsHubUser: true } ? " (!)" : ""),
            r.IsPrivate ? r.Owner : "everybody",
            Words.Count(r.Tasks),
            r.Facts is null ? "-" : string.Create(CultureInfo.InvariantCulture, $"{r.Reserved.Cpu ?? 0:0.##}/{r.Facts.Cpus:0.##}"),
            r.Facts is null ? "-" : $"{ByteWords.Of(r.Reserved.MemoryBytes ?? 0)}/{ByteWords.Of(r.Facts.MemoryBytes)}",
            r.Facts is null || r.Facts.Gpus.Count == 0 ? "-" : $"{r.Reserved.Gpus ?? 0}/{r.Facts.Gpus.Count}",
            string.Join(',', r.Labels.Where(static l => l.Key is not ("name" or "os" or "arch")).Select(static l => $"{l.Key}={l.Value}")),
            r.Version + (r.Notice is null ? "" : " (!)"),
            r.Token ?? "-",
        ],
        Empty = "There are no runners. Make a token with 'adit runner token create', and run 'adit runner' with it on a machine.",
    }.Create(access);

    private static string StateOf(ApiRunner r) => !r.IsUp ? "down" : r.IsDraining ? "draining" : r.IsCordoned ? "cordoned" : "up";
}
