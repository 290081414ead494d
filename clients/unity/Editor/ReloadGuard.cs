// Ends every connection before the editor throws the scripts away, so that no thread outlives its code.
using UnityEditor;

namespace Groovecast.Unity.Editor
{
    [InitializeOnLoad]
    internal static class ReloadGuard
    {
        static ReloadGuard()
        {
            AssemblyReloadEvents.beforeAssemblyReload += SocketTransport.DisposeAll;
        }
    }
}
