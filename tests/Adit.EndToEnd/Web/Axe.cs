using Adit.Testing;
using Microsoft.Playwright;

namespace Adit.EndToEnd.Web;

/// <summary>The accessibility checker axe-core, as npm installed it for the interface's build; it runs inside of the page.</summary>
internal static class Axe
{
    private static readonly Lazy<string> Script = new(() => File.ReadAllText(Repository.Find("web", "node_modules", "axe-core", "axe.min.js")));

    // Findings of weight, each with the rule, what it means, and where.
    private const string Run = """
        async () => {
          const { violations } = await axe.run(document, { resultTypes: ['violations'] });
          return violations
            .filter(v => v.impact === 'serious' || v.impact === 'critical')
            .flatMap(v => v.nodes.slice(0, 5).map(n => `${v.id} (${v.impact}): ${n.target.join(' ')}: ${n.failureSummary}`));
        }
        """;

    public static async Task AssertNothingSeriousAsync(IPage page, string what)
    {
        // By the debugger's protocol, which the page's content policy has no say in.
        if (!await page.EvaluateAsync<bool>("() => 'axe' in globalThis"))
        {
            await page.EvaluateAsync(Script.Value);
        }

        // A page may be amid a change of its colours or of its content. What is wrong with it is still there a moment later.
        var findings = await page.EvaluateAsync<string[]>(Run);
        for (var look = 0; look < 3 && findings.Length > 0; look++)
        {
            await page.WaitForTimeoutAsync(500);
            findings = [.. (await page.EvaluateAsync<string[]>(Run)).Intersect(findings)];
        }

        Assert.True(findings.Length == 0, $"{what}:\n{string.Join("\n", findings)}");
    }
}
