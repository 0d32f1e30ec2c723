using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Projects;
using Adit.Hub.Storage;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Adit.Hub.Tests.Access.Audit;

/// <summary>Who did what to what, from where; never changed, found quickly, dropped when its time is over.</summary>
public sealed class AuditTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private readonly ManualTimeProvider _time = new();

    [Fact(Timeout = 60_000)]
    public async Task What_people_do_is_in_the_log_with_who_how_and_from_where()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var ann = await hub.PersonAsync("ann");
        var client = await hub.LinkAsync(ann);
        await hub.CreateAsync(new CreateTunnelRequest { Name = "demo", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link }, ann);
        using (var change = await hub.SendAsync(ann, HttpMethod.Patch, "tunnels/demo", JsonContent.Create(new ChangeTunnelRequest { Access = TunnelAccess.SignedIn }, TunnelsJson.Default.ChangeTunnelRequest)))
            Assert.Equal(HttpStatusCode.OK, change.StatusCode);
        await hub.StatusAsync(ann, HttpMethod.Delete, "tunnels/demo");

        var log = await hub.AuditAsync("target=tunnel:demo");
        Assert.Equal(["tunnel.remove", "policy.change", "tunnel.create"], log.Select(static e => e.Action));
        Assert.All(log, static e => Assert.Equal(("ann", "127.0.0.1", "allowed"), (e.Actor, e.Address, e.Outcome)));
        Assert.All(log, e => Assert.Equal($"token:{ann[5..17]}", e.Via));
        Assert.Contains("signed-in", log[1].Detail!["access"], StringComparison.Ordinal);
        Assert.Contains(await hub.AuditAsync("action=token.create"), static e => e is { Actor: "admin", Detail: { } d } && d["account"] == "ann");
    }

    [Fact(Timeout = 60_000)]
    public async Task Nothing_in_the_log_is_a_secret()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var ann = await hub.PersonAsync("ann");
        var client = await hub.LinkAsync(ann);
        await hub.CreateAsync(
            new CreateTunnelRequest
            {
                Name = "demo", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link,
                Options = new TunnelOptions { BasicAuth = "guest:open-sesame", VisitorToken = "0123456789abcdef0123" },
            },
            ann);
        var all = string.Join('\n', (await hub.AuditAsync()).Select(static e => JsonSerializer.Serialize(e, AuditRecordsJson.Default.AuditRecord)));
        Assert.Contains("tunnel.create", all, StringComparison.Ordinal);
        Assert.All(new[] { "open-sesame", "0123456789abcdef0123", ann[18..], hub.AdminToken[18..] }, secret => Assert.DoesNotContain(secret, all, StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_is_refused_is_in_the_log_and_a_new_address_of_a_token_too()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var reader = await hub.ScopedAsync("ann", "tunnels:read");
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(reader, HttpMethod.Post, "tunnels"));
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(reader, HttpMethod.Post, "tunnels"));
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(reader, HttpMethod.Delete, "tunnels/one"));
        await Eventually.HoldsAsync(async () => (await hub.AuditAsync("outcome=denied&actor=ann")).Count == 2, "the first has come to the log before the second is refused");
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(reader, HttpMethod.Delete, "tunnels/two"));
        await Eventually.HoldsAsync(async () => (await hub.AuditAsync("outcome=denied&actor=ann")).Count == 2, "the first refusal of each kind is in the log");
        Assert.Equal(["DELETE /api/v1/tunnels/one", "POST /api/v1/tunnels"], (await hub.AuditAsync("outcome=denied")).Select(static e => e.Target));
        _time.Advance(TimeSpan.FromMinutes(1));
        await Eventually.HoldsAsync(async () => (await hub.AuditAsync("outcome=denied&actor=ann")).Count == 4, "those like them are counted");
        Assert.Equal(2, (await hub.AuditAsync("outcome=denied")).Count(static e => e.Detail?["times"] == "1"));
        Assert.Single(await hub.AuditAsync("action=token.use&actor=ann"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Whatever_changes_who_may_use_a_tunnel_is_in_the_log_and_nothing_of_its_secrets()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var client = await hub.LinkAsync();
        CreateTunnelRequest Request(string password, string token, bool crossSite, params string[] hosts) => new()
        {
            Name = "demo", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link, Hosts = hosts,
            Options = new TunnelOptions { BasicAuth = "guest:" + password, VisitorToken = token, CrossSite = crossSite },
        };
        await hub.CreateAsync(Request("open-sesame", "0123456789abcdef0123", false));
        await hub.CreateAsync(Request("close-sesame", "3210fedcba98765432109", true, "demo.example.com"));
        var log = await hub.AuditAsync("target=tunnel:demo");
        Assert.Equal(["policy.change", "tunnel.create"], log.Select(static e => e.Action));
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["basic"] = "guest -> guest (another)", ["token"] = "set -> set (another)", ["crossSite"] = "- -> true", ["hosts"] = "- -> demo.example.com",
            },
            log[0].Detail);
        Assert.Equal(("guest", "set"), (log[1].Detail!["basic"], log[1].Detail!["token"]));
    }

    [Fact(Timeout = 60_000)]
    public async Task Accounts_that_come_and_go_by_the_way_are_in_the_log()
    {
        await using var hub = await TestHub.StartAsync(_time);
        Assert.Contains(await hub.AuditAsync("action=account.create"), static e => e.Target == "account:admin");
        await hub.ScopedAsync("robot", "tunnels:read");
        Assert.Contains(await hub.AuditAsync("action=account.create"), static e => e is { Target: "account:robot", Actor: "admin", Detail: { } d } && d["kind"] == "service");

        using (await hub.CreateProjectAsync(hub.AdminToken, "churn")) { }
        using (await hub.SendAsync(
            null, HttpMethod.Post, "projects/churn/service-accounts",
            JsonContent.Create(new CreateServiceAccountRequest { Name = "churn-ci" }, ServiceAccountsJson.Default.CreateServiceAccountRequest))) { }
        Assert.Equal(HttpStatusCode.NoContent, await hub.StatusAsync(null, HttpMethod.Delete, "projects/churn"));
        _time.ShiftWallClock(TimeSpan.FromDays(60));
        await hub.Services.GetServices<IHostedService>().OfType<ProjectEnds>().Single().EndAsync(Ct);
        Assert.Contains(await hub.AuditAsync("action=account.delete"), static e => e is { Target: "account:churn-ci", Via: "project:churn" });
    }

    [Fact(Timeout = 60_000)]
    public async Task The_log_is_for_admins_and_auditors()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var user = await hub.PersonAsync("ann");
        var auditor = await hub.PersonAsync("eve", PlatformRole.Auditor);
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(user, HttpMethod.Get, "audit"));
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(user, HttpMethod.Get, "audit/export"));
        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(auditor, HttpMethod.Get, "audit"));
        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(auditor, HttpMethod.Get, "audit/export"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Entries_cannot_be_changed_or_removed_before_their_time_whoever_tries()
    {
        await using var hub = await TestHub.StartAsync(_time);
        await hub.PersonAsync("ann");
        var database = hub.Services.GetRequiredService<Database>();
        foreach (var sql in new[] { "UPDATE audit SET actor = 'nobody'", "DELETE FROM audit", "DELETE FROM audit WHERE id = 1" })
            await Assert.ThrowsAsync<SqliteException>(() => database.WriteAsync(connection => connection.Execute(sql)));
        Assert.NotEmpty(await hub.AuditAsync());

        _time.ShiftWallClock(TimeSpan.FromDays(364));
        await hub.PersonAsync("bob");
        var retention = hub.Services.GetServices<IHostedService>().OfType<AuditRetention>().Single();
        Assert.Equal(0, await retention.PruneAsync(Ct));
        _time.ShiftWallClock(TimeSpan.FromDays(2));
        Assert.InRange(await retention.PruneAsync(Ct), 1, 10);
        var left = await hub.AuditAsync("action=token.create");
        Assert.Equal("bob", Assert.Single(left).Detail!["account"]);
        await Assert.ThrowsAsync<SqliteException>(() => database.WriteAsync(connection => connection.Execute("DELETE FROM audit")));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("outcome=maybe")]
    [InlineData("since=yesterday")]
    [InlineData("cursor=1")]
    [InlineData("cursor=99999999999999999999-1")]
    [InlineData("actor=")]
    [InlineData("action=task.idle*")]
    [InlineData("action=*")]
    [InlineData("action=*.create")]
    [InlineData("action=.*")]
    public async Task A_filter_that_is_none_is_refused(string query)
    {
        await using var hub = await TestHub.StartAsync(_time);
        Assert.Equal(HttpStatusCode.BadRequest, await hub.StatusAsync(null, HttpMethod.Get, "audit?" + query));
    }

    [Fact(Timeout = 240_000)]
    public async Task A_page_of_a_hundred_thousand_entries_takes_no_tenth_of_a_second_and_walks_an_index()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var database = hub.Services.GetRequiredService<Database>();
        await FillAsync(database, 100_000);
        var reader = hub.Services.GetRequiredService<AuditReader>();
        AuditQuery[] queries =
        [
            new(),
            new() { Since = _time.GetUtcNow().AddHours(-1) },
            new() { Until = _time.GetUtcNow().AddDays(-50) },
            new() { Actor = "user7" },
            new() { Actor = "user7", Outcome = "denied" },
            new() { Action = "token.create" },
            new() { Action = "token.*" },
            new() { Action = "nothing.*" },
            new() { Target = "tunnel:t42" },
            new() { Outcome = "failed" },
            new() { Actor = "nobody" },
            new() { After = new AuditPosition(_time.GetUtcNow().AddDays(-30), 60_000), Action = "tunnel.create" },
        ];
        foreach (var query in queries)
        {
            var isOfMany = query.Action?.EndsWith(".*", StringComparison.Ordinal) == true;
            string[]? actions = query.Action is null ? null : isOfMany ? ["token.create", "token.revoke"] : [query.Action];
            var (sql, values) = AuditReader.Compose(query, 201, isAscending: false, actions);
            var plan = await database.ReadAsync(connection => string.Join('\n', connection.Query("EXPLAIN QUERY PLAN " + sql, values).Select(static r => (string)r.detail)));
            Assert.Contains("USING INDEX", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("SCAN audit\n", plan + "\n", StringComparison.Ordinal);
            if (!isOfMany) // Of many actions the first page of each is sorted, and no more.
                Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
            await reader.NewestAsync(query, 201);
            var fastest = double.MaxValue; // Others use this machine too; the best of three is ours.
            for (var i = 0; i < 3; i++)
            {
                var start = Stopwatch.GetTimestamp();
                await reader.NewestAsync(query, 201);
                fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            Assert.True(fastest < 100, $"{query}: {fastest:0} ms");
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Pages_and_the_export_have_every_entry_once_and_in_order()
    {
        await using var hub = await TestHub.StartAsync(_time);
        await FillAsync(hub.Services.GetRequiredService<Database>(), 2500);
        var paged = new List<long>();
        string? cursor = null;
        do
        {
            using var answer = await hub.SendAsync(null, HttpMethod.Get, $"audit?action=token.create{(cursor is null ? "" : "&cursor=" + cursor)}");
            var page = (await answer.Content.ReadFromJsonAsync(AuditRecordsJson.Default.AuditList, Ct))!;
            paged.AddRange(page.Items.Select(static e => e.Id));
            cursor = page.Next;
        }
        while (cursor is not null);

        using var export = await hub.SendAsync(null, HttpMethod.Get, "audit/export?action=token.create");
        Assert.Equal("application/x-ndjson", export.Content.Headers.ContentType!.MediaType);
        var lines = (await export.Content.ReadAsStringAsync(Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var exported = lines.Select(static line => JsonSerializer.Deserialize(line, AuditRecordsJson.Default.AuditRecord)!.Id).ToList();
        Assert.Equal(paged.Distinct().Count(), paged.Count);
        Assert.Equal(exported, paged.AsEnumerable().Reverse());
        Assert.True(exported.Count > 600, $"{exported.Count} entries");
        Assert.Single(await hub.AuditAsync("action=audit.export"));
    }

    // Several share a time, as they do when much happens.
    private Task FillAsync(Database database, int count) => database.WriteAsync(connection =>
    {
        string[] actions = ["sign-in", "token.create", "tunnel.create", "policy.change"];
        var start = _time.GetUtcNow().AddDays(-60);
        for (var i = 0; i < count; i++)
        {
            AuditLog.Add(
                connection,
                new AuditEntry(actions[i % actions.Length])
                {
                    Actor = $"user{i % 50}", Via = "token:0123456789ab", Target = $"tunnel:t{i % 1000}", Address = "192.0.2.7",
                    Outcome = i % 100 == 0 ? AuditOutcome.Denied : AuditOutcome.Allowed,
                },
                start.AddSeconds(i / 3 * (60.0 * 86_400 / count) * 3));
        }
    });
}
