using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.SignIn;
using Adit.Hub.Tests.Tunnels;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Access.SignIn;

/// <summary>Accounts of the hub itself, without the way through the API.</summary>
internal static class Local
{
    /// <summary>Gives an account a password.</summary>
    public static async Task SetPasswordAsync(TestHub hub, string account, string password)
    {
        var hash = await hub.Services.GetRequiredService<Passwords>().HashAsync(password);
        await hub.Services.GetRequiredService<AccountDirectory>().ChangeAsync(account, a => a with { PasswordHash = hash });
    }

    /// <summary>Makes a person with a password.</summary>
    public static async Task AddAsync(TestHub hub, string account, string password)
    {
        await hub.Services.GetRequiredService<AccountDirectory>().AddAsync(new Account
        {
            Name = account,
            Kind = AccountKind.Person,
            Role = Api.PlatformRole.User,
            Created = hub.Time.GetUtcNow(),
        });
        await SetPasswordAsync(hub, account, password);
    }
}
