using System.Text.Json;
using System.Text.Json.Nodes;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;

namespace Adit.Hub.Tests.WebUi;

/// <summary>
/// The web interface is compiled against web/openapi.json. With ADIT_ACCEPT=1 the test writes it anew; the interface's next build then fails
/// where it uses what is no longer there.
/// </summary>
public sealed class TypedClientTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    [Fact(Timeout = 60_000)]
    public async Task The_interface_is_compiled_against_the_api_that_this_hub_has()
    {
        await using var hub = await TestHub.StartAsync();
        using var api = hub.Api();
        var document = JsonNode.Parse(await api.GetStringAsync("/api/v1/openapi.json"))!;
        document.AsObject().Remove("servers"); // Where this very hub listens.
        var now = document.ToJsonString(Indented).ReplaceLineEndings("\n") + "\n";
        var path = Repository.Find("web", "openapi.json");
        if (Environment.GetEnvironmentVariable("ADIT_ACCEPT") == "1")
            await File.WriteAllTextAsync(path, now, TestContext.Current.CancellationToken);
        var known = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        Assert.True(
            known == now,
            "The API is not what web/openapi.json says: run `ADIT_ACCEPT=1 ./test Hub`, then `npm run build` in web/ to see what the interface makes of it.");
    }
}
