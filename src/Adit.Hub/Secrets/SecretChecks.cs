using Adit.Api;
using Adit.Hub.Checks;

namespace Adit.Hub.Secrets;

/// <summary>Whether the hub can read the secrets that it has: a database that was put back without its key has some that it cannot.</summary>
internal sealed class SecretChecks(SecretBook book) : ICheckSource
{
    private const int MostNamed = 5;

    /// <inheritdoc />
    public Task<IReadOnlyList<Check>> LookAsync(CancellationToken cancellationToken)
    {
        var all = book.All;
        var lost = all.Where(static s => !s.IsReadable).Select(static s => s.Key.ToString()).Order(StringComparer.Ordinal).ToList();
        return Task.FromResult<IReadOnlyList<Check>>(all.Count == 0 ? []
            : lost.Count == 0 ? [Check.Ok("secrets", $"All {all.Count} can be read.")]
            : [Check.Failed(
                "secrets", $"{lost.Count} of {all.Count} cannot be read with the hub's key: {string.Join(", ", lost.Take(MostNamed))}{(lost.Count > MostNamed ? " and others" : "")}.",
                $"Put back the file {SecretSeal.FileName} that belongs to this database, or set them anew with 'adit secret set'.")]);
    }
}
