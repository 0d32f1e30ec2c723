using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Storage;
using Adit.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Adit.Hub.Tests.Access;

/// <summary>The tokens of a hub that has started for the first time, on a clock that the test moves.</summary>
internal sealed class TestAccess : IAsyncDisposable
{
    private readonly TempDirectory _parent;
    private Database _database = null!;

    private TestAccess(TempDirectory parent) => _parent = parent;

    public ManualTimeProvider Time { get; } = new();

    public DataDirectory Directory { get; private set; } = null!;

    public TokenRegistry Tokens { get; private set; } = null!;

    public string AdminText { get; private set; } = "";

    public Caller Admin => Tokens.Authenticate(AdminText)!;

    public static async Task<TestAccess> StartAsync()
    {
        var access = new TestAccess(new TempDirectory());
        access.AdminText = await access.OpenAsync() ?? throw new InvalidOperationException("No admin token was made.");
        return access;
    }

    /// <summary>As when the hub's process ended and another began.</summary>
    public async Task<string?> RestartAsync()
    {
        await CloseAsync();
        return await OpenAsync();
    }

    /// <summary>A token of an account of its own.</summary>
    public Task<ApiToken> TokenAsync(string account, CreateTokenRequest? request = null) =>
        Tokens.CreateAsync(request ?? new CreateTokenRequest { Name = account }, account, isAdmin: false);

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _parent.Dispose();
    }

    private async Task<string?> OpenAsync()
    {
        Directory = DataDirectory.Open(_parent.File("data"));
        _database = await Database.OpenAsync(Directory.File("adit.db"), Time);
        (Tokens, var text) = await TokenRegistry.LoadAsync(_database, Directory, await AccountDirectory.LoadAsync(_database, Time), Time, NullLogger<TokenRegistry>.Instance);
        return text;
    }

    private async Task CloseAsync()
    {
        await Tokens.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Dispose();
    }
}
