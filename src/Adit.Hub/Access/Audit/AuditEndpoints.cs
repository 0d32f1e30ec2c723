using System.Buffers;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Access.Audit;

/// <summary>/api/v1/audit: for admins and auditors.</summary>
internal static class AuditEndpoints
{
    private const int PageSize = 200;
    private const int ExportBatch = 1000;

    // An export reads for long; more than these at one time would be felt by everybody.
    private static readonly SemaphoreSlim Exports = new(2, 2);

    /// <summary>Registers the log.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services) =>
        services.AddSingleton<AuditMeter>().AddSingleton<AuditLog>().AddSingleton<AuditRepeats>().AddSingleton<AuditReader>().AddHostedService<AuditRetention>();

    /// <summary>Maps the resource.</summary>
    public static void MapAudit(this IEndpointRouteBuilder routes)
    {
        var audit = routes.MapGroup("/api/v1/audit").WithTags("audit");
        audit.MapGet("", ListAsync).Needs(Permission.AuditRead).Produces<AuditList>();
        audit.MapGet("/export", ExportAsync).Needs(Permission.AuditRead).Produces<AuditRecord>(contentType: "application/x-ndjson");
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, AuditReader reader, Authority authority, TimeProvider time, string? since = null, string? until = null,
        string? actor = null, string? action = null, string? target = null, string? outcome = null, string? cursor = null, int? limit = null)
    {
        if (Refusal(context, authority) is { } refusal)
            return refusal;
        AuditQuery query;
        try
        {
            query = AuditQuery.Read(new AuditParameters(since, until, actor, action, target, outcome, cursor), time.GetUtcNow());
        }
        catch (FormatException e)
        {
            return Problems.Invalid(e.Message);
        }

        var size = Math.Clamp(limit ?? PageSize, 1, PageSize);
        var items = await reader.NewestAsync(query, size + 1);
        var page = new AuditList
        {
            Items = [.. items.Take(size)],
            Next = items.Count > size ? new AuditPosition(items[size - 1].At, items[size - 1].Id).ToString() : null,
        };
        return TypedResults.Json(page, AuditRecordsJson.Default.AuditList);
    }

    private static async Task<IResult> ExportAsync(
        HttpContext context, AuditReader reader, AuditLog log, Authority authority, TimeProvider time, string? since = null, string? until = null,
        string? actor = null, string? action = null, string? target = null, string? outcome = null)
    {
        if (Refusal(context, authority) is { } refusal)
            return refusal;
        AuditQuery query;
        try
        {
            query = AuditQuery.Read(new AuditParameters(since, until, actor, action, target, outcome), time.GetUtcNow());
        }
        catch (FormatException e)
        {
            return Problems.Invalid(e.Message);
        }

        if (!await Exports.WaitAsync(TimeSpan.Zero, CancellationToken.None))
            return Problems.Of(StatusCodes.Status429TooManyRequests, "limit-reached", "Two exports are under way already; try again when one has ended.");
        try
        {
            // To now, not for ever: what is written meanwhile would have it never end.
            query = query with { Until = query.Until ?? time.GetUtcNow() };
            await log.RecordAsync(AuditEntry.By(context.Caller(), "audit.export", null, context.Address()));
            await SendAsync(context, reader, query);
            return Results.Empty;
        }
        finally
        {
            Exports.Release();
        }
    }

    private static async Task SendAsync(HttpContext context, AuditReader reader, AuditQuery query)
    {
        context.Response.ContentType = "application/x-ndjson";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"audit.jsonl\"";
        context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        var writer = context.Response.BodyWriter;
        while (true)
        {
            // Each batch is a query of its own, so that a slow reader holds no transaction open and the database can tidy up.
            var batch = await reader.OldestAsync(query, ExportBatch);
            foreach (var record in batch)
            {
                await using (var json = new Utf8JsonWriter(writer))
                    JsonSerializer.Serialize(json, record, AuditRecordsJson.Default.AuditRecord);
                writer.Write("\n"u8);
            }

            await writer.FlushAsync(context.RequestAborted);
            if (batch.Count < ExportBatch)
                return;
            query = query with { After = new AuditPosition(batch[^1].At, batch[^1].Id) };
        }
    }

    private static IResult? Refusal(HttpContext context, Authority authority) =>
        authority.May(context.Caller(), Permission.AuditRead, default) ? null : Problems.Forbidden("The audit log is for admins and auditors.");
}
