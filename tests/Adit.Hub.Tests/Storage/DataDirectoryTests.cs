using Adit.Hub.Storage;
using Adit.Testing;

namespace Adit.Hub.Tests.Storage;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly TempDirectory _parent = new();

    public void Dispose() => _parent.Dispose();

    [Fact]
    public void It_is_made_for_its_user_alone()
    {
        using var directory = DataDirectory.Open(_parent.File("data"));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory.Path));
    }

    [Fact]
    public void One_that_was_open_to_others_is_closed_to_them()
    {
        if (OperatingSystem.IsWindows())
            return;
        var path = _parent.File("data");
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute | UnixFileMode.GroupRead);
        using var directory = DataDirectory.Open(path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_second_hub_is_turned_away_and_may_have_it_afterwards()
    {
        var path = _parent.File("data");
        using (DataDirectory.Open(path))
        {
            var failure = Assert.Throws<StorageException>(() => DataDirectory.Open(path));
            Assert.Contains("in use by another hub", failure.Message);
            Assert.Contains(path, failure.Message);
        }

        using var again = DataDirectory.Open(path);
    }

    [Fact]
    public void A_file_in_its_place_is_refused_by_name()
    {
        var path = _parent.Write("data", "not a directory");
        Assert.Contains(path, Assert.Throws<StorageException>(() => DataDirectory.Open(path)).Message);
    }

    [Fact]
    public void A_secret_is_for_its_user_alone_and_replaced_whole()
    {
        using var directory = DataDirectory.Open(_parent.File("data"));
        directory.WriteSecret("key", "one"u8);
        directory.WriteSecret("key", "two"u8);
        Assert.Equal("two", File.ReadAllText(directory.File("key")));
        Assert.Empty(Directory.GetFiles(directory.Path, "*.new"));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(directory.File("key")));
    }
}
