using System.Diagnostics;

namespace Adit.Commands;

/// <summary>The browser of whoever sits at this machine.</summary>
internal static class Browser
{
    /// <summary>Opens an address, where there is a browser; otherwise says so.</summary>
    /// <param name="address">The address; anything but http and https is not opened.</param>
    /// <param name="note">Told that it could not be.</param>
    public static void Open(string? address, Action<string> note)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            return;
        try
        {
            var start = OperatingSystem.IsWindows()
                ? new ProcessStartInfo(url.AbsoluteUri) { UseShellExecute = true }
                : new ProcessStartInfo(OperatingSystem.IsMacOS() ? "open" : "xdg-open") { ArgumentList = { url.AbsoluteUri }, RedirectStandardError = true, RedirectStandardOutput = true };
            using var process = Process.Start(start);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            note("No browser could be started here; open the address yourself.");
        }
    }
}
