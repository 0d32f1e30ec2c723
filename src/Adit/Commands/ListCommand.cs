using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary>What <c>adit tunnel ls</c> and <c>adit token ls</c> have in common: a table, or a JSON array.</summary>
/// <typeparam name="T">What is listed.</typeparam>
internal sealed record ListCommand<T>
{
    public required string Description { get; init; }

    /// <summary>What they are called.</summary>
    public required string Plural { get; init; }

    public required Func<HubApi, CancellationToken, Task<IReadOnlyList<T>>> List { get; init; }

    /// <summary>How one of them is written. Asked for only when it is: making it costs every command line a third of its start.</summary>
    public required Func<JsonTypeInfo<T>> Json { get; init; }

    public required string[] Columns { get; init; }

    /// <summary>The cells of one of them, a cell for each column.</summary>
    public required Func<T, string[]> Row { get; init; }

    /// <summary>What to say when there is none; null for the empty table.</summary>
    public string? Empty { get; init; }

    public Command Create(HubAccessOptions access)
    {
        var json = new Option<bool>("--json") { Description = $"Print a JSON array of {Plural}." };
        var command = new Command("ls", Description) { json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(HubAccess hub, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var items = await List(api, cancellationToken);
        if (json)
        {
            var shape = Json();
            Screen.Line($"[{string.Join(",", items.Select(item => JsonSerializer.Serialize(item, shape)))}]");
            return ExitCode.Ok;
        }

        if (items.Count == 0 && Empty is not null)
        {
            Screen.Note(Empty);
            return ExitCode.Ok;
        }

        var table = new Table(Columns);
        foreach (var item in items)
            table.Add(Row(item));
        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }
}
