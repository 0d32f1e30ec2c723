using System.Diagnostics;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Storage;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;
using Dapper;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Access.Accounts;

/// <summary>Ten thousand accounts in a hundred groups: what the issue allows, with a margin for a machine that does other things too.</summary>
public sealed class ManyAccountsTests
{
    private const int Accounts = 10_000;

    [Fact(Timeout = 120_000)]
    public async Task Ten_thousand_accounts_load_and_are_paged_quickly()
    {
        var port = Ports.Free();
        await using var hub = await TestHub.StartAsync(change: o => o with { Listen = [$"127.0.0.1:{port}"] });
        var database = hub.Services.GetRequiredService<Database>();
        await database.WriteAsync(static connection => connection.Execute(
            """
            WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
            INSERT INTO accounts (name, kind, role, display_name, email, source, subject, state, created, version)
            SELECT printf('user%05d', i), 'person', 'user', 'User ' || i, i || '@test.local', 'corp', 'id-' || i, 'active', '2030-01-01T00:00:00.0000000+00:00', 1 FROM n;
            WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
            INSERT INTO account_groups (name, created, version) SELECT 'group' || i, '2030-01-01T00:00:00.0000000+00:00', 1 FROM n;
            WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
            INSERT INTO group_members (group_name, account, source) SELECT 'group' || ((i * 7 + k.v) % 100), printf('user%05d', i), 'corp'
            FROM n, (SELECT 0 AS v UNION SELECT 31 UNION SELECT 62) k;
            """));

        await AccountDirectory.LoadAsync(database, TimeProvider.System); // What is compiled the first time is not measured.
        var started = Stopwatch.GetTimestamp();
        var directory = await AccountDirectory.LoadAsync(database, TimeProvider.System);
        var load = Stopwatch.GetElapsedTime(started);
        Assert.Equal(3, directory.Find("user00042")!.Groups.Count);
        Assert.Equal("user00042", directory.FindBySubject("corp", "id-42")!.Name);

        await hub.RestartAsync();
        using var browser = await TestBrowser.SignedInAsync(hub);
        await browser.GetAsync<AccountList>("/api/v1/accounts?limit=200");
        started = Stopwatch.GetTimestamp();
        var page = await browser.GetAsync<AccountList>("/api/v1/accounts?limit=200&cursor=user05000");
        var first = Stopwatch.GetElapsedTime(started);
        Assert.Equal(("user05001", "user05200"), (page.Items[0].Name, page.Next));
        started = Stopwatch.GetTimestamp();
        var found = await browser.GetAsync<AccountList>("/api/v1/accounts?q=user+99");
        var search = Stopwatch.GetElapsedTime(started);
        Assert.Equal(111, found.Items.Count); // 99, 990 to 999, 9900 to 9999.

        TestContext.Current.TestOutputHelper?.WriteLine($"load {load.TotalMilliseconds:0} ms, page {first.TotalMilliseconds:0} ms, search {search.TotalMilliseconds:0} ms");
        Assert.True(load < TimeSpan.FromMilliseconds(300 * 4), $"{Accounts} accounts took {load} to load.");
        Assert.True(first < TimeSpan.FromMilliseconds(100 * 4), $"A page took {first}.");
        Assert.True(search < TimeSpan.FromMilliseconds(100 * 4), $"A search took {search}.");
    }
}
