using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Doors;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Adit.Hub.Storage;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Tunnels;

/// <summary>PATCH /api/v1/tunnels/{name}, with If-Match against two who change at once.</summary>
internal static class TunnelChange
{
    private const string Masked = "***";

    /// <summary>Serves it.</summary>
    public static async Task<IResult> ServeAsync(
        string name, ChangeTunnelRequest request, HttpContext context, TunnelRegistry registry, TunnelRights rights, TunnelView view, TunnelAudit audit,
        Authority authority, AccessCap cap)
    {
        var caller = context.Caller();
        if (rights.FindToChange(name, caller, out var tunnel) is { } refusal)
            return refusal;
        var expected = IfMatch.Of(context.Request);
        try
        {
            var change = await registry.ChangeAsync(
                tunnel, record => TunnelRules.CheckAccess(record, Moved(Changed(record, request, expected), request.Project, caller, authority), caller.Account, cap));
            if (change is var (before, now))
                await audit.ChangedAsync(context, before, now);
        }
        catch (TunnelRefusal e)
        {
            return TunnelEndpoints.Answer(e);
        }
        catch (StorageException e)
        {
            return Problems.Of(StatusCodes.Status507InsufficientStorage, "storage", e.Message);
        }

        return TunnelEndpoints.Show(tunnel, context, view, StatusCodes.Status200OK) ?? Problems.NotFound($"tunnel '{name}'");
    }

    private static TunnelRecord Changed(
        TunnelRecord record, ChangeTunnelRequest request, IfMatch expected)
    {
        if (!expected.Allows(record.ETag()))
            throw new TunnelRefusal(
                TunnelRefusalCode.Changed,
                $"The tunnel '{record.Name}' was changed since you read it; read it again and repeat the change.");
        if (record.Client is not null && request.Keep == false)
            throw new TunnelRefusal(
                TunnelRefusalCode.Invalid,
                $"The tunnel '{record.Name}' is served by a named client and is therefore kept; remove it instead.");
        return record with
        {
            Access = request.Access ?? record.Access,
            Rules = request.Rules is { Count: 0 } ? null : request.Rules ?? record.Rules,
            Keep = request.Keep ?? record.Keep,
            Options = request.Options is null ? record.Options : Merged(request.Options, record.Options),
        };
    }

    // Another project, or none: its members then see the tunnel, so that is its owner's to say.
    private static TunnelRecord Moved(TunnelRecord record, string? project, Caller caller, Authority authority)
    {
        if (project is null || project == (record.Project ?? ""))
            return record;
        if (!authority.May(caller, Permission.TunnelsWrite, new Owned(record.Account)))
            throw new TunnelRefusal(TunnelRefusalCode.ReadOnly, $"Only its owner moves the tunnel '{record.Name}' to another project.");
        var next = project.Length == 0 ? null : project;
        TunnelRules.CheckProject(record, next, caller, authority);
        return record with { Project = next };
    }

    private static TunnelOptions Merged(TunnelOptions next, TunnelOptions? before)
    {
        var keepsBasic = next.BasicAuth?.EndsWith(":" + Masked, StringComparison.Ordinal) == true && before?.BasicAuth is not null;
        var keepsToken = next.VisitorToken == Masked && before?.VisitorToken is not null;
        var told = next with { BasicAuth = keepsBasic ? null : next.BasicAuth, VisitorToken = keepsToken ? null : next.VisitorToken };
        if (TunnelRules.Refusal(told) is { } refusal)
            throw new TunnelRefusal(TunnelRefusalCode.Invalid, refusal);
        var kept = TunnelCompiler.Sealed(told)!;
        return kept with
        {
            BasicAuth = keepsBasic ? before!.BasicAuth : kept.BasicAuth,
            VisitorToken = keepsToken ? before!.VisitorToken : kept.VisitorToken,
        };
    }
}
