using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Secrets;
using Adit.Hub.Storage;
using Adit.Hub.Tests.Access;
using Adit.Hub.Tests.Tasks;
using Adit.Hub.Tests.Tunnels;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Secrets;

/// <summary>/api/v1/secrets: who sets and sees which, that no answer has a value, and how they are kept.</summary>
public sealed class SecretEndpointTests
{
    private const string Value = "v3ry-s3cret";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_secret_is_set_shown_without_its_value_changed_and_removed()
    {
        await using var hub = await TestHub.StartAsync();
        using var set = await SetAsync(hub, null, "db-url", Value);
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        var first = set.Headers.ETag?.Tag;
        Assert.DoesNotContain(Value, await set.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        using var again = await SetAsync(hub, null, "db-url", "other", ifMatch: first);
        var changed = (await again.Content.ReadFromJsonAsync(SecretsJson.Default.ApiSecret, Ct))!;
        Assert.Equal(("db-url", null, 2, "admin", true), (changed.Name, changed.Project, changed.Version, changed.ChangedBy, changed.IsReadable));
        using var late = await SetAsync(hub, null, "db-url", "third", ifMatch: first);
        Assert.Equal(HttpStatusCode.PreconditionFailed, late.StatusCode);
        using var shown = await hub.SendAsync(null, HttpMethod.Get, "secrets/db-url");
        Assert.Equal(again.Headers.ETag, shown.Headers.ETag);
        Assert.NotEqual(first, shown.Headers.ETag?.Tag);
        Assert.DoesNotContain("other", await shown.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.NoContent, await hub.StatusAsync(null, HttpMethod.Delete, "secrets/db-url"));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(null, HttpMethod.Get, "secrets/db-url"));
        var audit = await hub.AuditAsync("target=secret:db-url");
        Assert.Equal([("secret.remove", "2"), ("secret.set", "2"), ("secret.set", "1")], audit.Select(static e => (e.Action, e.Detail?["version"])));
        Assert.DoesNotContain(Value, System.Text.Json.JsonSerializer.Serialize(audit), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_new_secret_is_not_put_over_one_and_a_change_not_over_one_that_was_made_anew()
    {
        await using var hub = await TestHub.StartAsync();
        using var set = await SetAsync(hub, null, "db-url", Value, ifMatch: "\"0\"");
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        using var over = await SetAsync(hub, null, "db-url", "other", ifMatch: "\"0\"");
        Assert.Equal(HttpStatusCode.PreconditionFailed, over.StatusCode);
        Assert.Equal("There is a secret 'db-url' of the hub already; take another name, or give that one another value.", (await TaskCalls.ProblemAsync(over)).Detail);
        Assert.Equal(HttpStatusCode.NoContent, await hub.StatusAsync(null, HttpMethod.Delete, "secrets/db-url"));
        using var gone = await SetAsync(hub, null, "db-url", "other", ifMatch: set.Headers.ETag!.Tag);
        Assert.Equal(HttpStatusCode.PreconditionFailed, gone.StatusCode);
        using var anew = await SetAsync(hub, null, "db-url", Value);
        Assert.Equal(1, (await anew.Content.ReadFromJsonAsync(SecretsJson.Default.ApiSecret, Ct))!.Version);
        using var late = await SetAsync(hub, null, "db-url", "other", ifMatch: set.Headers.ETag.Tag);
        Assert.Equal(HttpStatusCode.PreconditionFailed, late.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_secret_is_not_left_behind_by_a_project_that_goes_while_it_is_set()
    {
        await using var hub = await TestHub.StartAsync();
        using var made = await hub.CreateProjectAsync(hub.AdminToken, "churn");
        var book = hub.Services.GetRequiredService<SecretBook>();
        using var go = new ManualResetEventSlim();
        var holding = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var before = Task.Run(
            () => book.SetAsync(
                new SecretKey(null, "other"), Value, "admin",
                _ =>
                {
                    holding.SetResult();
                    return !go.Wait(TimeSpan.FromSeconds(30), Ct);
                },
                new AuditEntry("secret.set")),
            Ct);
        await holding.Task;
        var setting = SetAsync(hub, null, "key", Value, "churn");
        for (var i = 0; i < 50; i++) // It is at the door of the book by then.
            Assert.Empty(await ListAsync(hub, null));
        Assert.Equal(HttpStatusCode.NoContent, await hub.StatusAsync(null, HttpMethod.Delete, "projects/churn"));
        go.Set();
        Assert.Null(await before);
        using var answer = await setting;
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Empty(book.All);
    }

    [Fact(Timeout = 60_000)]
    public async Task Those_of_the_hub_are_the_admins_and_those_of_a_project_its_maintainers()
    {
        await using var hub = await TestHub.StartAsync();
        var (ann, ben, cat, eve) = (await hub.PersonAsync("ann"), await hub.PersonAsync("ben"), await hub.PersonAsync("cat"), await hub.PersonAsync("eve"));
        var auditor = await hub.PersonAsync("udo", PlatformRole.Auditor);
        using var made = await hub.CreateProjectAsync(ann, "churn");
        using var maintainer = await hub.SetMemberAsync(ann, "churn", "account:ben", ProjectRole.Maintainer);
        using var member = await hub.SetMemberAsync(ann, "churn", "account:cat", ProjectRole.Member);
        Assert.True(made.IsSuccessStatusCode && maintainer.IsSuccessStatusCode && member.IsSuccessStatusCode);

        Assert.Equal(HttpStatusCode.Forbidden, await SetStatusAsync(hub, ann, "db-url"));
        Assert.Equal(HttpStatusCode.Forbidden, await SetStatusAsync(hub, auditor, "db-url"));
        Assert.Equal(HttpStatusCode.OK, await SetStatusAsync(hub, null, "db-url"));
        Assert.Equal(HttpStatusCode.OK, await SetStatusAsync(hub, ben, "key", "churn"));
        Assert.Equal(HttpStatusCode.Forbidden, await SetStatusAsync(hub, cat, "key", "churn"));
        Assert.Equal(HttpStatusCode.NotFound, await SetStatusAsync(hub, eve, "key", "churn"));
        Assert.Equal(HttpStatusCode.NotFound, await SetStatusAsync(hub, null, "key", "nowhere"));
        Assert.Equal(HttpStatusCode.Forbidden, await SetStatusAsync(hub, await hub.ScopedAsync("ann", "secrets:read"), "key", "churn"));
        Assert.Equal(HttpStatusCode.Forbidden, await SetStatusAsync(hub, await hub.ScopedAsync("ann", "projects:write"), "key", "churn"));
        Assert.Equal(HttpStatusCode.OK, await SetStatusAsync(hub, await hub.ScopedAsync("ann", "secrets:write!project=churn"), "key", "churn"));

        Assert.Equal([null, "churn"], await SeenAsync(hub, null));
        Assert.Equal([null], await SeenAsync(hub, null, "?project="));
        Assert.Equal(["churn"], await SeenAsync(hub, null, "?project=churn"));
        Assert.Equal([], await SeenAsync(hub, ann, "?project="));
        Assert.Equal([null, "churn"], await SeenAsync(hub, auditor));
        Assert.Equal(["churn"], await SeenAsync(hub, cat));
        Assert.Equal([], await SeenAsync(hub, eve));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(ann, HttpMethod.Get, "secrets/db-url"));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(eve, HttpMethod.Get, "secrets/key?project=churn"));

        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(ann, HttpMethod.Delete, "secrets/db-url"));
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(cat, HttpMethod.Delete, "secrets/key?project=churn"));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(eve, HttpMethod.Delete, "secrets/key?project=churn"));
        Assert.Equal(HttpStatusCode.NoContent, await hub.StatusAsync(ben, HttpMethod.Delete, "secrets/key?project=churn"));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("Upper", "x", "is no name of a secret")]
    [InlineData("-x", "x", "is no name of a secret")]
    [InlineData("x", "", "is not empty")]
    [InlineData("x", "a\0b", "has no null characters")]
    public async Task What_is_no_secret_is_refused_in_one_sentence(string name, string value, string sentence)
    {
        await using var hub = await TestHub.StartAsync();
        using var answer = await SetAsync(hub, null, name, value);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(sentence, (await TaskCalls.ProblemAsync(answer)).Detail, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_value_has_64_KiB_as_UTF8_and_half_characters_are_none()
    {
        await using var hub = await TestHub.StartAsync();
        using var most = await SetAsync(hub, null, "most", new string('ü', 32 * 1024));
        Assert.Equal(HttpStatusCode.OK, most.StatusCode);
        using var more = await SetAsync(hub, null, "more", new string('ü', 32 * 1024) + "x");
        Assert.Equal(HttpStatusCode.BadRequest, more.StatusCode);
        using var half = new StringContent("{\"value\":\"a\\ud800b\"}", null, "application/json");
        Assert.Equal(HttpStatusCode.BadRequest, await hub.StatusAsync(null, HttpMethod.Put, "secrets/half", half));
        using var nothing = new StringContent("{\"value\":null}", null, "application/json");
        Assert.Equal(HttpStatusCode.BadRequest, await hub.StatusAsync(null, HttpMethod.Put, "secrets/nothing", nothing));
        using var huge = new StringContent("{\"value\":\"" + new string('x', 1 << 20) + "\"}", null, "application/json");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await hub.StatusAsync(null, HttpMethod.Put, "secrets/huge", huge));
    }

    [Fact(Timeout = 60_000)]
    public async Task Values_are_sealed_on_disk_bound_to_their_names_and_not_replaced_when_the_key_is_another()
    {
        await using var hub = await TestHub.StartAsync();
        using (await SetAsync(hub, null, "one", Value))
        using (await SetAsync(hub, null, "two", "another"))
        {
        }

        var data = hub.Services.GetRequiredService<DataDirectory>().Path;
        Assert.Equal("-rw-------", Mode(Path.Combine(data, "secrets.key")));
        Assert.DoesNotContain(Directory.EnumerateFiles(data), static f => Path.GetFileName(f) != "lock" && File.ReadAllText(f).Contains(Value, StringComparison.Ordinal));
        await hub.RestartAsync();
        Assert.All(await ListAsync(hub, null), static s => Assert.True(s.IsReadable));

        // Somebody who can write the database gives one the value of the other.
        var database = hub.Services.GetRequiredService<Database>();
        await database.WriteAsync(static connection => Execute(connection, "UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'two') WHERE name = 'one'"));
        await hub.RestartAsync();
        Assert.Equal([false, true], (await ListAsync(hub, null)).Select(static s => s.IsReadable));
        using var checks = await hub.SendAsync(null, HttpMethod.Get, "checks");
        var found = (await checks.Content.ReadFromJsonAsync(ChecksJson.Default.CheckList, Ct))!.Items.Single(static c => c.Name == "secrets");
        Assert.Equal("1 of 2 cannot be read with the hub's key: secret 'one' of the hub.", found.Finding);
    }

    [Fact(Timeout = 60_000)]
    public async Task They_are_counted_for_metrics()
    {
        await using var hub = await TestHub.StartAsync();
        using var set = await SetAsync(hub, null, "one", Value);
        using var api = hub.Api();
        Assert.Contains("adit_secrets{of=\"hub\"} 1", await api.GetStringAsync("/metrics", Ct), StringComparison.Ordinal);
    }

    internal static Task<HttpResponseMessage> SetAsync(TestHub hub, string? token, string name, string value, string? project = null, string? ifMatch = null) => hub.SendAsync(
        token, HttpMethod.Put, $"secrets/{name}{(project is null ? "" : "?project=" + project)}",
        JsonContent.Create(new SetSecretRequest { Value = value }, SecretsJson.Default.SetSecretRequest), ifMatch);

    private static async Task<HttpStatusCode> SetStatusAsync(TestHub hub, string? token, string name, string? project = null)
    {
        using var answer = await SetAsync(hub, token, name, Value, project);
        return answer.StatusCode;
    }

    private static async Task<IReadOnlyList<ApiSecret>> ListAsync(TestHub hub, string? token, string of = "")
    {
        using var answer = await hub.SendAsync(token, HttpMethod.Get, "secrets" + of);
        return (await answer.Content.ReadFromJsonAsync(SecretsJson.Default.SecretList, Ct))!.Items;
    }

    private static async Task<IEnumerable<string?>> SeenAsync(TestHub hub, string? token, string of = "") => (await ListAsync(hub, token, of)).Select(static s => s.Project);

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string Mode(string path) => OperatingSystem.IsWindows() ? "-rw-------"
        : File.GetUnixFileMode(path) == (UnixFileMode.UserRead | UnixFileMode.UserWrite) ? "-rw-------" : File.GetUnixFileMode(path).ToString();
}
