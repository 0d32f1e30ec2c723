using System.Globalization;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Storage;
using Dapper;

namespace Adit.Hub.Tasks.Usage;

/// <summary>Reads what was used. What goes on counts up to now, what is lost until it was.</summary>
internal sealed class UsageReader(Database database, TimeProvider time)
{
    private const int MostLines = 10_000;

    // How long of the asked time, in milliseconds; and which rows there are of it that the caller sees.
    private const string Length = "MAX(0, MIN(COALESCE(ended, lost, @now), @to) - MAX(started, @from))";

    private const string Seen = """
        FROM task_usage
        WHERE started < @to AND (ended IS NULL OR ended > @from) AND COALESCE(ended, lost, @now) > @from
            AND (@user IS NULL OR account = @user) AND (@project IS NULL OR project = @project)
            AND (@within IS NULL OR project IN (SELECT value FROM json_each(@within)))
            AND (@account IS NULL OR account = @account OR project IN (SELECT value FROM json_each(@projects)))
        """;

    /// <summary>A line for each key, and all of it together.</summary>
    public async Task<(IReadOnlyList<UsageLine> Lines, UsageLine Total)> LinesAsync(UsageQuery query, UsageSight sight)
    {
        var groups = await GroupsAsync(query, sight);
        var total = new UsageSum();
        foreach (var group in groups)
            total.Add(group);
        return (Folded(groups, static _ => null), total.ToLine(null));
    }

    /// <summary>A line for each key and currency: what a spreadsheet can add up.</summary>
    public async Task<IReadOnlyList<UsageLine>> RowsAsync(UsageQuery query, UsageSight sight) =>
        Folded(await GroupsAsync(query, sight), static group => group.Price is null ? null : group.Currency ?? "");

    /// <summary>Attempts, the newest first.</summary>
    /// <param name="query">Which.</param>
    /// <param name="sight">What is seen.</param>
    /// <param name="before">The number of the last one of the page before; null for the first page.</param>
    /// <param name="limit">How many.</param>
    public Task<IReadOnlyList<(long Number, UsageAttempt Attempt)>> AttemptsAsync(UsageQuery query, UsageSight sight, long? before, int limit)
    {
        var sql = $"SELECT *, {Length} AS ms {Seen} AND (@before IS NULL OR id < @before) ORDER BY id DESC LIMIT @limit";
        var parameters = Parameters(query, sight);
        parameters.Add("before", before);
        parameters.Add("limit", limit);
        return database.ReadAsync<IReadOnlyList<(long, UsageAttempt)>>(connection => [.. connection.Query<Row>(sql, parameters).Select(static r => (r.Id, r.ToAttempt()))]);
    }

    // Added up by key, currency and price.
    private Task<IReadOnlyList<UsageGroup>> GroupsAsync(UsageQuery query, UsageSight sight)
    {
        var key = query.By switch
        {
            UsageBy.User => "account",
            UsageBy.Project => "project",
            UsageBy.Template => "template",
            _ => "runner",
        };
        var sql = $"""
            SELECT key, price, currency, COUNT(*) AS attempts, SUM(ms) AS milliseconds, SUM(ms * cpu) AS cpu, SUM(ms * (memory / 1073741824.0)) AS memory, SUM(ms * gpus) AS gpu
            FROM (SELECT {key} AS key, price, currency, cpu, memory, gpus, {Length} AS ms {Seen})
            GROUP BY key, currency, price
            """;
        return database.ReadAsync<IReadOnlyList<UsageGroup>>(connection => [.. connection.Query<UsageGroup>(sql, Parameters(query, sight))]);
    }

    private DynamicParameters Parameters(UsageQuery query, UsageSight sight)
    {
        var parameters = new DynamicParameters();
        parameters.Add("now", time.GetUtcNow().ToUnixTimeMilliseconds());
        parameters.Add("from", query.From.ToUnixTimeMilliseconds());
        parameters.Add("to", query.To.ToUnixTimeMilliseconds());
        parameters.Add("user", query.User);
        parameters.Add("project", query.Project);
        parameters.Add("account", sight.Account);
        parameters.Add("within", sight.Within is null ? null : Text(sight.Within));
        parameters.Add("projects", Text(sight.Projects));
        return parameters;
    }

    private static IReadOnlyList<UsageLine> Folded(IReadOnlyList<UsageGroup> groups, Func<UsageGroup, string?> apart)
    {
        var sums = new Dictionary<(string? Key, string? Apart), UsageSum>();
        foreach (var group in groups)
        {
            var at = (group.Key, apart(group));
            if (!sums.TryGetValue(at, out var sum))
                sums[at] = sum = new UsageSum();
            sum.Add(group);
        }

        return
        [
            .. sums.Select(static s => s.Value.ToLine(s.Key.Key)).OrderByDescending(static l => l.Costs.Sum(static c => c.Amount)).ThenByDescending(static l => l.Hours)
                .ThenBy(static l => l.Key, StringComparer.Ordinal).Take(MostLines),
        ];
    }

    private static string Text(IReadOnlyList<string> names) => JsonSerializer.Serialize(names, TaskJson.Default.IReadOnlyListString);

    private sealed class Row
    {
        public long Id { get; set; }

        public string Task { get; set; } = "";

        public int Attempt { get; set; }

        public string Name { get; set; } = "";

        public string Account { get; set; } = "";

        public string? Project { get; set; }

        public string Template { get; set; } = "";

        public int Template_version { get; set; }

        public string Runner { get; set; } = "";

        public double Cpu { get; set; }

        public long Memory { get; set; }

        public int Gpus { get; set; }

        public string? Price { get; set; }

        public string? Currency { get; set; }

        public long Started { get; set; }

        public long? Ended { get; set; }

        public long? Lost { get; set; }

        public long Ms { get; set; }

        public UsageAttempt ToAttempt() => new()
        {
            Task = Task,
            Attempt = Attempt,
            Name = Name,
            User = Account,
            Project = Project,
            Template = string.Create(CultureInfo.InvariantCulture, $"{Template}@{Template_version}"),
            Runner = Runner,
            Cpu = Cpu,
            MemoryBytes = Memory,
            Gpus = Gpus,
            PricePerHour = Price is null ? null : decimal.Parse(Price, CultureInfo.InvariantCulture),
            Currency = Currency,
            Started = DateTimeOffset.FromUnixTimeMilliseconds(Started),
            Ended = Ended is { } ended ? DateTimeOffset.FromUnixTimeMilliseconds(ended) : null,
            Lost = Lost is { } lost ? DateTimeOffset.FromUnixTimeMilliseconds(lost) : null,
            Hours = Math.Round(Ms / 3_600_000.0, 6),
            Cost = Price is null ? null : UsageSum.Rounded(UsageSum.Cost(Price, Ms)),
        };
    }
}
