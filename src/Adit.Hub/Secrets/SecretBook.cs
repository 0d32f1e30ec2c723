using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Projects;
using Adit.Hub.Storage;

namespace Adit.Hub.Secrets;

/// <summary>
/// All secrets in memory, sealed: a start must not wait for a query. Changes are stored first and hold for whatever starts next; values leave by
/// <see cref="TaskSecrets"/> alone.
/// </summary>
internal sealed class SecretBook(SecretStore store, DataDirectory directory, TimeProvider time) : IProjectContent
{
    /// <summary>Secrets that the hub, or one project, may have.</summary>
    public const int MostOfOne = 200;

    /// <summary>Bytes of a value, as UTF-8.</summary>
    public const int MostBytes = SetSecretRequest.MostBytes;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ConcurrentDictionary<SecretKey, Secret> _secrets = new();
    private readonly Turns _turns = new();
    private readonly Lazy<SecretSeal> _seal = new(() => SecretSeal.In(directory));

    /// <summary>Those that there are, in no order.</summary>
    public ICollection<Secret> All => _secrets.Values;

    /// <summary>How many there are, for /metrics.</summary>
    public (int OfHub, int OfProjects) Count()
    {
        var all = _secrets.Keys;
        var ofHub = all.Count(static k => k.Project is null);
        return (ofHub, all.Count - ofHub);
    }

    /// <summary>Loads what is stored, and the key.</summary>
    /// <exception cref="StorageException">The key is damaged.</exception>
    public async Task LoadAsync()
    {
        var seal = _seal.Value;
        foreach (var secret in await store.ListAsync())
            _secrets[secret.Key] = secret with { IsReadable = seal.CanOpen(secret) };
    }

    /// <summary>The one of this key; null for none.</summary>
    public Secret? Find(SecretKey key) => _secrets.GetValueOrDefault(key);

    /// <summary>A secret's value; null when it cannot be opened with the hub's key.</summary>
    public string? Open(Secret secret) => _seal.Value.Open(secret);

    /// <summary>Why a text can be no value; null when it can.</summary>
    public static string? Refusal(string value)
    {
        try
        {
            return Strict.GetByteCount(value) switch
            {
                0 => "A secret's value is not empty; remove the secret to have none.",
                > MostBytes => "A secret's value has at most 64 KiB.",
                _ => value.Contains('\0', StringComparison.Ordinal) ? "A secret's value has no null characters: no variable of a program can hold one." : null,
            };
        }
        catch (EncoderFallbackException)
        {
            return "A secret's value is text, and this is none: half of a character is missing.";
        }
    }

    /// <summary>Sets one.</summary>
    /// <param name="key">Which.</param>
    /// <param name="value">Its value, which <see cref="Refusal"/> has passed.</param>
    /// <param name="by">The account that sets it.</param>
    /// <param name="check">Is shown what is there, null for nothing; refuses by false.</param>
    /// <param name="entry">What the audit log is told.</param>
    /// <returns>What is set now; null when the check refused it.</returns>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public Task<Secret?> SetAsync(SecretKey key, string value, string by, Func<Secret?, bool> check, AuditEntry entry) => _turns.TakeAsync(async () =>
    {
        var before = Find(key);
        if (!check(before))
            return null;
        var (version, now) = ((before?.Version ?? 0) + 1, time.GetUtcNow());
        var after = new Secret
        {
            Key = key, Sealed = _seal.Value.Seal(key, version, Encoding.UTF8.GetBytes(value)), Version = version, Created = before?.Created ?? now, Changed = now, ChangedBy = by,
        };
        await store.SaveAsync(after, Versioned(entry, version));
        _secrets[key] = after;
        return after;
    });

    /// <summary>Removes one. False when there is none, or the check refuses it.</summary>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public Task<bool> RemoveAsync(SecretKey key, Func<Secret, bool> check, AuditEntry entry) => _turns.TakeAsync(async () =>
    {
        if (Find(key) is not { } secret || !check(secret))
            return false;
        await store.RemoveAsync(key, Versioned(entry, secret.Version));
        _secrets.TryRemove(key, out _);
        return true;
    });

    /// <inheritdoc />
    Task IProjectContent.RemoveAsync(string project, CancellationToken cancellationToken) => _turns.TakeAsync(async () =>
    {
        await store.RemoveOfAsync(project);
        foreach (var key in _secrets.Keys.Where(k => k.Project == project))
            _secrets.TryRemove(key, out _);
        return true;
    });

    private static AuditEntry Versioned(AuditEntry entry, long version) =>
        entry with { Detail = new Dictionary<string, string> { ["version"] = version.ToString(CultureInfo.InvariantCulture) } };
}
