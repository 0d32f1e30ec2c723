using System.Globalization;
using System.Text;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tasks.Usage;

/// <summary>/api/v1/usage: who had how much for how long, and what it cost; as JSON, or as CSV for spreadsheets.</summary>
internal static class UsageEndpoints
{
    private const int PageSize = 1000;
    private const string Csv = "text/csv";

    // A whole table reads for long; more than these at one time would be felt by everybody.
    private static readonly SemaphoreSlim Tables = new(2, 2);

    /// <summary>Registers it.</summary>
    public static IServiceCollection AddUsage(this IServiceCollection services) =>
        services.AddSingleton<UsageStore>().AddSingleton<UsageReader>().AddSingleton<UsageRights>().AddHostedService<UsageRetention>();

    /// <summary>Maps the resource.</summary>
    public static void MapUsage(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/usage", ShowAsync).Needs(Permission.TasksRead).Produces<UsageReport>().WithTags("usage");

    private static async Task<IResult> ShowAsync(
        HttpContext context, UsageReader reader, UsageRights rights, TimeProvider time, string? from = null, string? to = null, string? by = null, string? user = null,
        string? project = null, string? format = null, string? cursor = null, int? limit = null)
    {
        if (format is not (null or "csv" or "json"))
            return Problems.Invalid("The format is json or csv.");
        long? before = null;
        if (cursor is not null && !Number(cursor, out before))
            return Problems.Invalid("The cursor is not one that this hub gave.");
        UsageQuery query;
        try
        {
            query = UsageQuery.Read(from, to, by, user, project, time.GetUtcNow());
        }
        catch (FormatException e)
        {
            return Problems.Invalid(e.Message);
        }

        var sight = rights.Of(context.Caller());
        context.Response.Headers.CacheControl = "no-store";
        if (format == "csv" || (format is null && AsksForCsv(context.Request)))
            return await TableAsync(context, reader, query, sight);
        if (query.By == UsageBy.Task)
        {
            var size = Math.Clamp(limit ?? PageSize, 1, PageSize);
            var page = await reader.AttemptsAsync(query, sight, before, size + 1);
            return Answer(new UsageReport
            {
                From = query.From,
                To = query.To,
                By = UsageCsv.Word(query.By),
                Attempts = [.. page.Take(size).Select(static p => p.Attempt)],
                Next = page.Count > size ? page[size - 1].Number.ToString(CultureInfo.InvariantCulture) : null,
            });
        }

        var (lines, total) = await reader.LinesAsync(query, sight);
        return Answer(new UsageReport { From = query.From, To = query.To, By = UsageCsv.Word(query.By), Lines = lines, Total = total });
    }

    private static async Task<IResult> TableAsync(HttpContext context, UsageReader reader, UsageQuery query, UsageSight sight)
    {
        if (!await Tables.WaitAsync(TimeSpan.Zero, CancellationToken.None))
            return Problems.Of(StatusCodes.Status429TooManyRequests, "limit-reached", "Two tables are being written already; try again when one has ended.");
        try
        {
            context.Response.ContentType = Csv + "; charset=utf-8; header=present";
            context.Response.Headers.ContentDisposition = string.Create(
                CultureInfo.InvariantCulture, $"attachment; filename=\"usage-by-{UsageCsv.Word(query.By)}-{query.From.UtcDateTime:yyyyMMdd}-{query.To.UtcDateTime:yyyyMMdd}.csv\"");
            if (query.By == UsageBy.Task)
                await WriteAttemptsAsync(context, reader, query, sight);
            else
                await WriteAsync(context, [UsageCsv.LineHead(query.By), .. (await reader.RowsAsync(query, sight)).Select(UsageCsv.Line)]);
            return Results.Empty;
        }
        finally
        {
            Tables.Release();
        }
    }

    // Each batch is a query of its own, so that a slow reader holds no transaction open.
    private static async Task WriteAttemptsAsync(HttpContext context, UsageReader reader, UsageQuery query, UsageSight sight)
    {
        await WriteAsync(context, [UsageCsv.AttemptHead]);
        long? before = null;
        while (true)
        {
            var batch = await reader.AttemptsAsync(query, sight, before, PageSize);
            await WriteAsync(context, batch.Select(static p => UsageCsv.Attempt(p.Attempt)));
            if (batch.Count < PageSize)
                return;
            before = batch[^1].Number;
        }
    }

    private static async Task WriteAsync(HttpContext context, IEnumerable<string> rows)
    {
        foreach (var row in rows)
            Encoding.UTF8.GetBytes(row, context.Response.BodyWriter);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private static bool AsksForCsv(HttpRequest request) =>
        request.GetTypedHeaders().Accept is { Count: > 0 } accepted
        && accepted.OrderByDescending(static a => a.Quality ?? 1).First() is var best && best.MediaType.Equals(Csv, StringComparison.OrdinalIgnoreCase);

    private static bool Number(string text, out long? number)
    {
        var isOne = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        number = value;
        return isOne;
    }

    private static JsonHttpResult<UsageReport> Answer(UsageReport report) => TypedResults.Json(report, UsageJson.Default.UsageReport);
}
