using System.CommandLine;
using System.Globalization;
using Adit.Api;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit quota ls</c>.</summary>
internal static class QuotaListCommand
{
    private static readonly Option<bool> Mine = new("--mine") { Description = "What holds for you and your projects. For all who are no admins or auditors it is that anyway." };

    private static readonly ListCommand<ApiQuota> List = new()
    {
        Description = "List quotas and what is used of them: USED/LIMIT, or only what is used where there is no limit.",
        Plural = "quotas",
        Flags = [Mine],
        List = static (api, parsed, cancellationToken) => api.ListQuotasAsync(parsed.GetValue(Mine), cancellationToken),
        Json = static () => QuotasJson.Default.ApiQuota,
        Columns = ["WHOSE", "TASKS", "CPU", "MEMORY", "GPU", "GPU HOURS A MONTH", "STORAGE"],
        Row = static q =>
        [
            $"{q.Kind.ToString().ToLowerInvariant()}:{q.Name}{(q.IsDefault ? " (default)" : "")}",
            Of(q.Used?.Tasks, q.Tasks),
            Of(q.Used?.Cpu, q.Cpu),
            Of(q.Used?.MemoryBytes, q.MemoryBytes, static bytes => ByteWords.Of((long)bytes)),
            Of(q.Used?.Gpus, q.Gpus),
            Of(q.Used?.GpuHours, q.GpuHours),
            Of(q.Used?.StorageBytes, q.StorageBytes, static bytes => ByteWords.Of((long)bytes)),
        ],
        Empty = "There are no quotas: everybody has what runners have. An admin sets one with 'adit quota set'.",
    };

    public static Command Create(HubAccessOptions access) => List.Create(access);

    /// <summary>Prints quotas as a table.</summary>
    public static void Show(IEnumerable<ApiQuota> quotas) => Screen.Line(List.TableOf(quotas).ToString());

    private static string Of(double? used, double? limit, Func<double, string>? words = null)
    {
        words ??= static number => number.ToString("0.##", CultureInfo.InvariantCulture);
        return (used, limit) switch
        {
            ({ } u, { } l) => $"{words(u)}/{words(l)}",
            (null, { } l) => words(l),
            ({ } u, null) => words(u),
            _ => "-",
        };
    }
}
