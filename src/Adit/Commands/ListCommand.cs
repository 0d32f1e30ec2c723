using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary>What <c>adit tunnel ls</c>, <c>adit token ls</c> and the like have in common: a table, or a JSON array.</summary>
/// <typeparam name="T">What is listed.</typeparam>
internal sealed record ListCommand<T>
{
    public required string Description { get; init; }

    /// <summary>What they are called.</summary>
    public required string Plural { get; init; }

    /// <summary>What <see cref="List"/> reads of the command line.</summary>
    public IReadOnlyList<Option> Flags { get; init; } = [];

    public required Func<HubApi, ParseResult, CancellationToken, Task<IReadOnlyList<T>>> List { get; init; }

    /// <summary>How one of them is written. Asked for only when it is: making it costs every command line a third of its start.</summary>
    public required Func<JsonTypeInfo<T>> Json { get; init; }

    public required string[] Columns { get; init; }

    /// <summary>The cells of one of them, a cell for each column.</summary>
    public required Func<T, string[]> Row { get; init; }

    /// <summary>What to say when there is none; null for the empty table.</summary>
    public string? Empty { get; init; }

    /// <summary>What the table leaves out unless it is asked for; null for nothing. The array has it always.</summary>
    public ListAside<T>? Aside { get; init; }

    public Command Create(HubAccessOptions access)
    {
        var command = new Command("ls", Description);
        var all = Aside is null ? null : new Option<bool>("--all", "-a") { Description = Aside.Flag };
        var json = new Option<bool>("--json") { Description = $"Print a JSON array of {Plural}." };
        foreach (var flag in (Option[])[.. Flags, .. all is null ? (Option[])[] : [all], json])
            command.Add(flag);
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed, all is null || parsed.GetValue(all), parsed.GetValue(json), cancellationToken));
        return command;
    }

    /// <summary>Them as a table.</summary>
    public Table TableOf(IEnumerable<T> items)
    {
        var table = new Table(Columns);
        foreach (var item in items)
            table.Add(Row(item));
        return table;
    }

    private async Task<int> RunAsync(HubAccess hub, ParseResult parsed, bool all, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var items = await List(api, parsed, cancellationToken);
        if (json)
        {
            var shape = Json();
            Screen.Line($"[{string.Join(",", items.Select(item => JsonSerializer.Serialize(item, shape)))}]");
            return ExitCode.Ok;
        }

        IReadOnlyList<T> shown = all ? items : [.. items.Where(item => !Aside!.Is(item))];
        if (shown.Count == 0 && items.Count > 0)
        {
            Screen.Note(Aside!.Only(items.Count));
            return ExitCode.Ok;
        }

        if (shown.Count == 0 && Empty is not null)
            Screen.Note(Empty);
        else
            Screen.Line(TableOf(shown).ToString());
        if (shown.Count < items.Count)
            Screen.Note(Aside!.Note(items.Count - shown.Count));
        return ExitCode.Ok;
    }
}

/// <summary>What a list leaves out until <c>--all</c>.</summary>
/// <param name="Is">Whether something is of it.</param>
/// <param name="Flag">The help of <c>--all</c>.</param>
/// <param name="Note">What is said of so many that were left out.</param>
/// <param name="Only">What is said when there is nothing but so many that were left out.</param>
internal sealed record ListAside<T>(Func<T, bool> Is, string Flag, Func<int, string> Note, Func<int, string> Only);
