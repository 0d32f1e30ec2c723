using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Storage;

namespace Adit.Hub.Access.Doors;

/// <summary>
/// How far users may open what is theirs, as an admin set it. What was opened further before is closed that far from then on: the cap is
/// asked at the door, not only when something is shared. Admins' own things are open as they say.
/// </summary>
internal sealed class AccessCap(AccountDirectory accounts, SettingStore store) : IAccessCap, IDisposable
{
    /// <summary>People are asked at the first visit of somebody else's application.</summary>
    public const string AskForeign = "foreign";

    /// <summary>Nobody is asked.</summary>
    public const string AskNever = "never";

    private const string Setting = "access";

    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile Held _held = new(new AccessSettings { MaxAccess = TunnelAccess.SignedIn, Consent = AskForeign }, AccessLevel.SignedIn, 0);

    /// <summary>The settings hold now. Handlers must not block.</summary>
    public event Action? Changed;

    /// <summary>The settings and their version, for ETags.</summary>
    public (AccessSettings Settings, long Version) Current => (_held.Settings, _held.Version);

    /// <summary>Loads what was stored.</summary>
    public async Task LoadAsync()
    {
        if (await store.FindAsync(Setting, AccessJson.Default.AccessSettings) is var (settings, version))
            _held = new Held(settings with { Consent = settings.Consent ?? AskForeign }, Policies.LevelOf(settings.MaxAccess) ?? AccessLevel.SignedIn, version);
    }

    /// <inheritdoc />
    public bool Allows(AccessLevel level, string? owner) => level <= _held.Level || IsExempt(owner);

    /// <summary>Whether an account may let others' pages show its things in frames.</summary>
    public bool AllowsEmbed(string owner) => _held.Settings.EmbedAllowed || IsExempt(owner);

    /// <summary>Whether people are asked before somebody else's application learns who they are.</summary>
    public bool AsksConsent => _held.AsksConsent;

    /// <summary>Changes the settings.</summary>
    /// <param name="settings">The new ones; checked.</param>
    /// <param name="version">The version that the change was made for; null for whichever.</param>
    /// <returns>False when somebody else changed them meanwhile.</returns>
    public async Task<bool> SetAsync(AccessSettings settings, long? version)
    {
        await _turn.WaitAsync();
        try
        {
            if (version is { } expected && expected != _held.Version)
                return false;
            var next = new Held(settings, Policies.LevelOf(settings.MaxAccess)!.Value, _held.Version + 1);
            await store.SetAsync(Setting, settings, AccessJson.Default.AccessSettings, next.Version);
            _held = next;
        }
        finally
        {
            _turn.Release();
        }

        Changed?.Invoke();
        return true;
    }

    public void Dispose() => _turn.Dispose();

    private bool IsExempt(string? owner) => owner is not null && accounts.Find(owner) is { EffectiveRole: PlatformRole.Admin };

    private sealed record Held(AccessSettings Settings, AccessLevel Level, long Version)
    {
        public bool AsksConsent { get; } = Settings.Consent != AskNever;
    }
}
